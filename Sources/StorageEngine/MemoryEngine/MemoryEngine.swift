import Synchronization

/// An engine that keeps everything in memory: for tests, and for stores that need not last.
///
/// Snapshots share the records with the engine and copy nothing. Closing drops everything.
public final class MemoryEngine: StorageEngine {
    private struct State {
        var tables: [SortedRecords]
        var isSuspended = false
        var isClosed = false

        /// Why nothing can be read or written, if that is so.
        var refusal: StorageError? { isClosed ? .engineClosed : isSuspended ? .engineSuspended : nil }
    }

    /// The longest key, in bytes.
    public let maximumKeyLength: Int
    /// The most bytes of keys and values that one transaction should carry.
    public let maximumTransactionByteCount: Int

    private let state: Mutex<State>
    private let isWriting = Atomic(false)

    /// Creates an empty engine.
    ///
    /// - Parameters:
    ///   - tables: the schema; ordinals 0, 1, 2 and so on.
    ///   - maximumKeyLength: in bytes; LMDB's by default, so that what works here works there.
    ///   - maximumTransactionByteCount: the bound that ``GroupWriter`` keeps.
    public init(
        tables: [Table], maximumKeyLength: Int = 511, maximumTransactionByteCount: Int = 128 << 20
    ) {
        precondition(tables.map(\.ordinal) == Array(tables.indices), "tables are numbered 0, 1, 2: \(tables)")
        self.maximumKeyLength = maximumKeyLength
        self.maximumTransactionByteCount = maximumTransactionByteCount
        state = Mutex(State(tables: Array(repeating: SortedRecords(), count: tables.count)))
    }
}

extension MemoryEngine {
    /// Runs `body` with a consistent view of all tables, on the caller's thread.
    public func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        if let outer = NestedReads.view(of: self) as? MemoryView { return body(Snapshot(outer)) }
        let view = MemoryView(try currentTables(), maximumKeyLength: maximumKeyLength)
        NestedReads.enter(self, view: view) { body(Snapshot(view)) }
    }

    /// Runs `body` in the one write transaction. Memory has no disk: `durability` makes no difference.
    public func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        precondition(!isWriting.exchange(true, ordering: .acquiring), "an engine is written to by one thread at a time")
        defer { isWriting.store(false, ordering: .releasing) }
        let draft = MemoryDraft(try currentTables(), maximumKeyLength: maximumKeyLength)
        try body(WriteTransaction(draft))
        let isClosed = state.withLock { state in
            if !state.isClosed { state.tables = draft.tables }
            return state.isClosed
        }
        if isClosed { throw .engineClosed }
    }

    /// Does nothing but check that the engine is open.
    public func sync() throws(StorageError) {
        _ = try currentTables()
    }

    /// Drops everything. Reads under way finish on what they see.
    public func close() throws(StorageError) {
        state.withLock { $0 = State(tables: [], isClosed: true) }
    }

    func currentTables() throws(StorageError) -> [SortedRecords] {
        let (tables, refusal) = state.withLock { ($0.tables, $0.refusal) }
        if let refusal { throw refusal }
        return tables
    }
}

extension MemoryEngine: SuspendingEngine {
    /// Refuses reads and writes until ``resume()``, and keeps the records. Those under way finish; since there are
    /// no files to let go of, nobody waits for them.
    public func suspend() throws(StorageError) {
        try setSuspended(true)
    }

    /// Reads and writes again. Nobody can have written meanwhile.
    public func resume() throws(StorageError) {
        try setSuspended(false)
    }

    private func setSuspended(_ isSuspended: Bool) throws(StorageError) {
        let isClosed = state.withLock { state in
            state.isSuspended = isSuspended
            return state.isClosed
        }
        if isClosed { throw .engineClosed }
    }
}

extension MemoryEngine: CompactingEngine {
    /// Does nothing but check that the engine is open: it keeps no space that it does not use.
    public func compact(progress: (CopyProgress) -> Void, isCancelled: () -> Bool) throws(StorageError) {
        _ = try currentTables()
    }
}

extension StorageError {
    static let engineClosed = StorageError(.closed, "the store is closed; open it again to use it")
    static let engineSuspended = StorageError(.suspended, "the store is suspended; resume it to use it")
}
