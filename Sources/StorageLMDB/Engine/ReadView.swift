import CCorestoreLMDB
import StorageEngine

/// A read transaction, and what a snapshot reads through while it is open.
///
/// `@unchecked Sendable`: the transaction is touched only by the thread that has checked the view out of its
/// ``ReaderPool``, or by the pool while nobody has. LMDB lets it change threads because of `MDB_NOTLS`.
final class ReadView: SnapshotReader, @unchecked Sendable {
    let transaction: OpenTransaction

    /// Wraps a transaction that has just begun.
    init(_ pointer: OpaquePointer, _ environment: Environment) {
        transaction = OpenTransaction(pointer: pointer, environment: environment)
    }

    /// Moves on to the newest state, after ``reset()``.
    func renew() -> LMDBStatus { LMDBStatus(mdb_txn_renew(transaction.pointer)) }

    /// Lets go of the pages, and keeps the place in the table of readers.
    func reset() { mdb_txn_reset(transaction.pointer) }

    /// Ends the transaction for good. Not in `deinit`: in a forked child that would free a slot of the parent.
    func end() { mdb_txn_abort(transaction.pointer) }

    func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
        try transaction.withValue(table, key, body)
    }

    func contains(_ table: Table, key: RawSpan) throws(StorageError) -> Bool {
        try transaction.stored(table, key) != nil
    }

    func scan(
        _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
    ) throws(StorageError) {
        try transaction.scan(table, range, order, body)
    }
}
