import Synchronization

/// How something ended, for any number of tasks to wait for.
final class EndSignal: Sendable {
    private struct State {
        var end: ReplicationStreamEnd?
        var waiters: [CheckedContinuation<ReplicationStreamEnd, Never>] = []
    }

    private let state = Mutex(State())

    /// Waits for the end; returns at once if it has come.
    func wait() async -> ReplicationStreamEnd {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiters.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// States the end, the first time it is called.
    func signal(_ end: ReplicationStreamEnd) {
        let waiters = state.withLock { state in
            guard state.end == nil else { return [CheckedContinuation<ReplicationStreamEnd, Never>]() }
            state.end = end
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: end) }
    }
}
