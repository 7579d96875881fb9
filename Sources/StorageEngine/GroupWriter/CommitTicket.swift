/// A write set's place in the queue of a ``GroupWriter``; hand it to ``GroupWriter/commit(_:)-(CommitTicket)``.
public struct CommitTicket: Sendable {
    let entry: GroupQueue.Entry

    /// Calls `body` with what became of the set, once: after the completions of all sets of its group, on the thread that commits
    /// and outside all locks; at once where that is over. For whoever has others to tell; one a ticket.
    public func whenSettled(_ body: @escaping @Sendable (Result<CommitReceipt, StorageError>) -> Void) {
        entry.whenSettled(body)
    }
}

/// Where a write set was committed.
public struct CommitReceipt: Sendable, Equatable {
    /// The number of the transaction, counted from 1 for each ``GroupWriter``. Sets with one number share a
    /// transaction.
    public let transaction: UInt64
}
