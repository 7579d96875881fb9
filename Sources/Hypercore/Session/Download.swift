public import Replication
import Synchronization

/// A download under way: wait for it, or cancel it.
public final class Download: Sendable {
    private struct State {
        var outcome: Result<Void, any Error>?
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())
    private let wait: CancellableWait

    init(_ wait: CancellableWait) {
        self.wait = wait
    }

    /// How much of the range is stored here by now; `nil` once the download has ended.
    ///
    /// The first call counts what is stored; what comes later is added up.
    public var progress: DownloadProgress? { wait.progress }

    /// Waits until every block of the range is stored here. A download without an end finishes only when it is
    /// cancelled or the log closes.
    ///
    /// - Throws: `CancellationError` where the download was cancelled, or this task is (which leaves the download
    ///   running); `HypercoreError` where the log was closed.
    public func finished() async throws {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let settled: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.outcome == nil { state.waiters[id] = continuation }
                    return state.outcome
                }
                if let settled { continuation.resume(with: settled) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    /// Stops asking for the blocks that are not here yet. Blocks that are on their way are still stored.
    public func cancel() {
        wait.end(.cancelled)
        settle(.failure(CancellationError()))
    }

    func settle(_ outcome: Result<Void, any Error>) {
        let waiters = state.withLock { state in
            if state.outcome == nil { state.outcome = outcome }
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume(with: outcome) }
    }
}
