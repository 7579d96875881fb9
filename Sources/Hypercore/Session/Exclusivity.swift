import Crypto
import Synchronization

/// What the exclusive sessions of one log hand on: one has it, the others wait for it, first come, first served.
final class Exclusivity: Sendable {
    private struct Waiter {
        let session: ObjectIdentifier
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var holder: ObjectIdentifier?
        var waiters: [Waiter] = []
        var end: HypercoreError?

        /// Takes a session out of the line.
        mutating func removeWaiter(_ session: ObjectIdentifier) -> Waiter? {
            guard let index = waiters.firstIndex(where: { $0.session == session }) else { return nil }
            return waiters.remove(at: index)
        }
    }

    private let state = Mutex(State())

    /// How many sessions wait.
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    /// Returns when `session` is the exclusive one.
    ///
    /// - Throws: `CancellationError`; `.closed` where the session, or the log, is closed first.
    func acquire(for session: WaitScope, of key: CoreKey) async throws {
        let id = ObjectIdentifier(session)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let settled: Result<Void, any Error>? = state.withLock { state in
                    if let end = state.end { return .failure(end) }
                    // Whoever closes the session does that first and leaves after, so it cannot be missed here.
                    guard session.isOpen else { return .failure(HypercoreError.sessionClosed(key)) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    guard state.holder != nil else {
                        state.holder = id
                        return .success(())
                    }
                    state.waiters.append(Waiter(session: id, continuation: continuation))
                    return nil
                }
                if let settled { continuation.resume(with: settled) }
            }
        } onCancel: {
            // One that has got it meanwhile keeps it.
            state.withLock { $0.removeWaiter(id) }?.continuation.resume(throwing: CancellationError())
        }
    }

    /// `session` is closed: the next one gets what it had, or its wait ends.
    func leave(_ session: WaitScope, of key: CoreKey) {
        let id = ObjectIdentifier(session)
        let (waiter, next) = state.withLock { state -> (Waiter?, Waiter?) in
            guard state.holder == id else { return (state.removeWaiter(id), nil) }
            let next = state.waiters.isEmpty ? nil : state.waiters.removeFirst()
            state.holder = next?.session
            return (nil, next)
        }
        waiter?.continuation.resume(throwing: HypercoreError.sessionClosed(key))
        next?.continuation.resume()
    }

    /// The log has ended: nobody gets it any more.
    func end(_ error: HypercoreError) {
        let waiters = state.withLock { state in
            state.end = error
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(throwing: error) }
    }
}

extension HypercoreError {
    static func sessionClosed(_ key: CoreKey) -> HypercoreError {
        HypercoreError(.closed, key: key, "the session was closed")
    }
}
