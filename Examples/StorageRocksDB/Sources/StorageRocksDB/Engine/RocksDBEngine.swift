public import StorageEngine
import Synchronization

/// An engine on a RocksDB database in a directory: a log-structured merge tree.
///
/// ```swift
/// let engine = try RocksDBEngine.open(at: "/var/lib/app/store", tables: Schema.tables)
/// let store = try await Corestore.open(engine)
/// ```
///
/// Its rules, and what comes of breaking them:
///
/// - **One instance a directory, in all processes.** A second `open` throws `.inUse`, also one that only reads.
/// - **Not across `fork`.** RocksDB's threads do not exist in the child, and its lock does not hold there.
/// - **Keep snapshots short.** While one is open, compaction keeps every record that it sees.
/// - **A failed write is final.** RocksDB takes no more writes after one, so the engine is `.poisoned` until reopened.
public final class RocksDBEngine: StorageEngine {
    /// RocksDB takes keys of any length. LMDB's bound, so that each name that one takes, the other takes.
    public var maximumKeyLength: Int { Database.maximumKeyLength }

    /// A transaction lies in memory twice: as the batch that it is gathered in, and then in the memtables.
    public let maximumTransactionByteCount = 64 << 20

    private struct State {
        /// `nil` once the engine is closed.
        var database: Database?
        /// What reads see until the next commit; `nil` where there was no read since the last one.
        var view: ReadView?
        var isWriting = false
    }

    private let path: String
    private let end: DatabaseEnd
    private let state: Mutex<State>

    init(_ database: Database) {
        path = database.path
        end = database.end
        state = Mutex(State(database: database))
    }
}

// MARK: - Reading

extension RocksDBEngine {
    /// Runs `body` with a consistent view of all tables, on the caller's thread.
    public func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        if let outer = NestedReads.view(of: self) {
            // Only the last line enters views for this engine.
            return body(Snapshot(unsafeDowncast(outer, to: ReadView.self)))
        }
        let view = try currentView()
        NestedReads.enter(self, view: view) { body(Snapshot(view)) }
    }

    /// All reads between two commits see the same, and share one snapshot: making one takes RocksDB's own lock.
    private func currentView() throws(StorageError) -> ReadView {
        let view: ReadView? = state.withLock { state in
            guard let database = state.database else { return nil }
            if let view = state.view { return view }
            let view = ReadView(database)
            state.view = view
            return view
        }
        guard let view else { throw .engineClosed(path) }
        return view
    }
}

// MARK: - Writing

extension RocksDBEngine {
    /// Gathers what `body` writes in a batch and commits it; where `body` throws, the batch is dropped.
    ///
    /// `body` is called once: nothing has to grow in the middle.
    public func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        let database = try beginWriting()
        defer { endWriting() }
        let view = WriteView(database)
        try body(WriteTransaction(view))
        try view.commit(durability)
    }

    /// Brings everything that was committed to the disk.
    public func sync() throws(StorageError) {
        guard let database = openDatabase else { throw .engineClosed(path) }
        try database.synchronize()
    }

    /// `nil` once the engine is closed. Whoever holds it keeps `close` waiting.
    var openDatabase: Database? { state.withLock { $0.database } }

    private func beginWriting() throws(StorageError) -> Database {
        let database = state.withLock { state in
            precondition(!state.isWriting, "two threads write to \(path) at once")
            state.isWriting = state.database != nil
            return state.database
        }
        guard let database else { throw .engineClosed(path) }
        return database
    }

    /// The next read sees what was committed.
    private func endWriting() {
        let outdated = state.withLock { state in
            state.isWriting = false
            return state.view.take()
        }
        // Released here and not under the lock, because that takes RocksDB's own.
        _ = consume outdated
    }
}

// MARK: - Closing

extension RocksDBEngine {
    /// Waits for reads and a write under way, syncs, and lets go of the files. Closing again does nothing.
    ///
    /// - Throws: `.inputOutput` where the sync failed; the engine is closed all the same.
    public func close() throws(StorageError) {
        precondition(NestedReads.view(of: self) == nil, "a store is closed inside a read of it: \(path)")
        guard letGo() else { return }
        try end.wait()
    }

    /// Whether this is who closes the engine. When it returns, only reads and a write under way hold the database.
    private func letGo() -> Bool {
        let held = state.withLock { state in
            defer { (state.database, state.view) = (nil, nil) }
            return (state.database, state.view)
        }
        return held.0 != nil
    }
}

extension StorageError {
    fileprivate static func engineClosed(_ path: String) -> StorageError {
        StorageError(.closed, "\(path) is closed; open the store again to use it")
    }
}
