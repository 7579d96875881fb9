import Hypercore
import StorageEngine
import Synchronization

/// Whether a store is suspended; one change at a time.
final class Suspension: Sendable {
    private enum State {
        case resumed
        case changing
        case suspended
    }

    private let state = Mutex(State.resumed)
    private let registry: CoreRegistry

    init(_ registry: CoreRegistry) {
        self.registry = registry
    }

    func suspend(_ engine: any SuspendingEngine, writer: GroupWriter?) async throws {
        guard try begin(from: .resumed) else { return }
        registry.holdReaders()
        do {
            if let writer {
                try await writer.hold { () throws(StorageError) in try engine.suspend() }
            } else {
                try await blockingCall { try engine.suspend() }
            }
            state.withLock { $0 = .suspended }
        } catch {
            registry.releaseReaders()
            state.withLock { $0 = .resumed }
            throw error
        }
    }

    func resume(_ engine: any SuspendingEngine, writer: GroupWriter?) async throws {
        guard try begin(from: .suspended) else { return }
        do {
            if let writer {
                try await writer.release { () throws(StorageError) in try engine.resume() }
            } else {
                try await blockingCall { try engine.resume() }
            }
        } catch {
            state.withLock { $0 = .suspended }
            throw error
        }
        registry.releaseReaders()
        state.withLock { $0 = .resumed }
    }

    /// - Returns: `false` where there is nothing to do.
    private func begin(from expected: State) throws(CorestoreError) -> Bool {
        let found = state.withLock { state in
            defer { if state == expected { state = .changing } }
            return state
        }
        guard found != .changing else {
            throw CorestoreError(.storage, "the store is being suspended or resumed already")
        }
        return found == expected
    }
}
