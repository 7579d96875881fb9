/// The one write transaction of an engine, as long as it is open. It sees what it has written.
public struct WriteTransaction: ~Escapable {
    let writer: any TransactionWriter

    /// Wraps a backend's transaction; called by engines.
    @_lifetime(immortal)
    public init(_ writer: any TransactionWriter) {
        self.writer = writer
    }
}

extension WriteTransaction {
    /// Calls `body` with the value of `key`, borrowed, or not at all where there is none. `body` must not write.
    public borrowing func withValue(
        _ table: Table, key: RawSpan, _ body: (RawSpan) -> Void
    ) throws(StorageError) {
        try writer.withValue(table, key: key, body)
    }

    /// Stores `value` under `key`, in place of what was there.
    public borrowing func put(_ table: Table, key: RawSpan, value: RawSpan) throws(StorageError) {
        try writer.put(table, key: key, value: value)
    }

    /// Removes `key`; does nothing where it is not there.
    public borrowing func delete(_ table: Table, key: RawSpan) throws(StorageError) {
        try writer.delete(table, key: key)
    }

    /// Removes all keys of `range`.
    public borrowing func delete(_ table: Table, _ range: KeyRange) throws(StorageError) {
        try writer.delete(table, range)
    }
}

/// A backend's side of ``WriteTransaction``: a view that sees its own writes, and the writes.
public protocol TransactionWriter: SnapshotReader {
    /// Stores `value` under `key`, in place of what was there.
    func put(_ table: Table, key: RawSpan, value: RawSpan) throws(StorageError)
    /// Removes `key`; does nothing where it is not there.
    func delete(_ table: Table, key: RawSpan) throws(StorageError)
    /// Removes all keys of `range`.
    func delete(_ table: Table, _ range: KeyRange) throws(StorageError)
}
