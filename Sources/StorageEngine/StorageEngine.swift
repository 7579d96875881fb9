/// An ordered byte store with synchronous snapshot reads and atomic write transactions: what a storage backend is.
///
/// An engine is a set of tables (see ``Table``), each an ordered map from keys to values. Keys are 1 to
/// ``maximumKeyLength`` bytes and sort bytewise; values are any bytes, empty ones included. The rules that every
/// conforming type keeps, and that `StorageConformance` checks:
///
/// - A snapshot sees exactly the transactions that were committed before it began, and nothing of later ones.
/// - A transaction is applied whole or not at all, also across a crash.
/// - Reads never wait for a writer. A read inside a read, on one thread, sees the outer one's snapshot.
///
/// Engines know nothing of groups, queues or tasks; ``GroupWriter`` puts those on top of any engine.
public protocol StorageEngine: AnyObject, Sendable {
    /// The longest key, in bytes.
    var maximumKeyLength: Int { get }

    /// The most bytes of keys and values that one transaction should carry.
    var maximumTransactionByteCount: Int { get }

    /// Runs `body` with a consistent view of all tables, on the caller's thread.
    ///
    /// Use ``StorageEngine/read(_:)``, which returns what its closure returns.
    ///
    /// - Throws: `.closed`, `.suspended`, `.tooManyReaders`, `.inputOutput`, and `.poisoned` where the engine cannot
    ///   even be read any more.
    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError)

    /// Runs `body` in the one write transaction and commits what it did; where `body` throws, nothing happened.
    ///
    /// Called by one thread at a time (``GroupWriter`` sees to it), and it begins and commits on that thread. Where the
    /// file has to grow in the middle of it, everything is undone and `body` is called again from its start: it must
    /// do the same again, and so no user's code belongs in it.
    ///
    /// - Parameters:
    ///   - durability: with `.full`, what was committed has reached the disk when this returns; with `.relaxed`, it
    ///     survives the process but not a power cut.
    ///   - body: what is written, through the transaction that it is handed.
    /// - Throws: what `body` throws; `.full`, `.inputOutput`, `.poisoned`, `.closed`, `.suspended`, `.readOnly`.
    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError)

    /// Brings everything that was committed to the disk.
    func sync() throws(StorageError)

    /// Closes the engine: waits for reads under way, syncs, and lets go of the files. Closing again does nothing.
    func close() throws(StorageError)
}

extension StorageEngine {
    /// Runs `body` with a consistent view of all tables and returns what it returns.
    ///
    /// The snapshot cannot leave the closure, and the closure cannot suspend: the compiler sees to both. Keep it short,
    /// because pages that a snapshot sees cannot be reused while it lasts.
    ///
    /// ```swift
    /// let value = try engine.read { snapshot in snapshot.copy(table, key: key) }
    /// ```
    @inlinable
    @inline(__always)
    public func read<Value>(_ body: (borrowing Snapshot) throws -> Value) throws -> Value {
        try readSnapshot(of: self, body)
    }
}

/// What ``StorageEngine/read(_:)`` does, for an engine of any type.
///
/// Apart, because a method of the protocol is generic over the engine as well, and cannot be specialised where the engine is
/// only known as `any StorageEngine`. That was a third of a small read: without it a get's efficiency by processor time went
/// from 0.48 to 0.67 (`get-random-seq`).
@inlinable
func readSnapshot<Value>(
    of engine: any StorageEngine, _ body: (borrowing Snapshot) throws -> Value
) throws -> Value {
    var value: Value?
    var failure: (any Error)?
    try engine.withSnapshot { snapshot in
        do {
            value = try body(snapshot)
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
    guard let value else { preconditionFailure("an engine returned without calling the body of a read") }
    return value
}

/// What an acknowledged commit survives.
public enum Durability: String, Sendable, CaseIterable {
    /// Acknowledged means on disk: survives a power cut.
    case full
    /// Survives the process dying; a power cut may roll the store back or break it.
    case relaxed
}
