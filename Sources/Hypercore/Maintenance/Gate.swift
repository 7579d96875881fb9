import Synchronization

/// What tasks pass when it is open, and wait at when it is shut.
final class Gate: Sendable {
    private struct State {
        var isShut = false
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())
    /// As in the state, for those who find the gate open: every `get` passes it.
    private let isShut = Atomic(false)

    /// Makes tasks wait.
    func shut() {
        state.withLock { state in
            state.isShut = true
            isShut.store(true, ordering: .releasing)
        }
    }

    /// Lets all tasks pass.
    func open() {
        let waiters = state.withLock { state in
            state.isShut = false
            isShut.store(false, ordering: .releasing)
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when the gate is open.
    ///
    /// - Throws: `CancellationError`.
    func pass() async throws {
        guard isShut.load(ordering: .acquiring) else { return }
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let settled: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    guard state.isShut else { return .success(()) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let settled { continuation.resume(with: settled) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
