import Synchronization

/// A write set's place in the queue of a ``GroupWriter``; hand it to ``GroupWriter/commit(_:)-(CommitTicket)``.
public struct CommitTicket: Sendable {
    let outcome: CommitOutcome
}

/// Where a write set was committed.
public struct CommitReceipt: Sendable, Equatable {
    /// The number of the transaction, counted from 1 for each ``GroupWriter``. Sets with one number share a
    /// transaction.
    public let transaction: UInt64
}

/// What became of one write set, and who waits to hear of it.
final class CommitOutcome: Sendable {
    private struct State {
        var result: Result<CommitReceipt, StorageError>?
        var waiters: [CheckedContinuation<Result<CommitReceipt, StorageError>, Never>] = []
    }

    private let state = Mutex(State())

    /// The result, once there is one.
    var result: Result<CommitReceipt, StorageError>? { state.withLock { $0.result } }

    /// Suspends until there is a result.
    func wait() async -> Result<CommitReceipt, StorageError> {
        await withCheckedContinuation { continuation in
            let settled = state.withLock { state in
                if state.result == nil { state.waiters.append(continuation) }
                return state.result
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }

    /// Sets the result, once, and resumes those who wait for it.
    func settle(_ result: Result<CommitReceipt, StorageError>) {
        let waiters = state.withLock { state in
            precondition(state.result == nil, "a write set was settled twice: \(result)")
            state.result = result
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }
}
