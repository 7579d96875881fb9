/// A write set's place in the queue of a ``GroupWriter``; hand it to ``GroupWriter/commit(_:)-(CommitTicket)``.
public struct CommitTicket: Sendable {
    let entry: GroupQueue.Entry
}

/// Where a write set was committed.
public struct CommitReceipt: Sendable, Equatable {
    /// The number of the transaction, counted from 1 for each ``GroupWriter``. Sets with one number share a
    /// transaction.
    public let transaction: UInt64
}
