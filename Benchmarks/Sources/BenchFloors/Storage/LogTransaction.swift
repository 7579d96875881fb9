import CBenchLMDB

/// One transaction that appends to logs: two records a block, one for each head.
///
/// The keys of one log only ever grow, so its records go in through a cursor at the end of each table (`MDB_APPEND`):
/// no search, and pages are left full. Over `mdb_put` that saves a third of the time of a batch of small blocks. Where
/// several logs grow they lie side by side, and each record is searched for.
struct LogTransaction: ~Copyable {
    private let transaction: OpaquePointer
    private let blocks: OpaquePointer
    private let tree: OpaquePointer
    private let cores: MDB_dbi
    private let flags: UInt32

    /// Begins. `isAtEnd`: every key that will be put is above all that are there.
    init(_ store: FloorStore, isAtEnd: Bool = true) {
        transaction = begin(store.environment)
        blocks = openCursor(transaction, store.blocks)
        tree = openCursor(transaction, store.tree)
        cores = store.cores
        flags = isAtEnd ? UInt32(MDB_APPEND) : 0
    }

    /// Stores a block and its node group.
    func put(_ block: UnsafeRawBufferPointer, group: UnsafeRawBufferPointer, at key: MDB_val) {
        var (blockKey, value) = (key, MDB_val(block))
        check(mdb_cursor_put(blocks, &blockKey, &value, flags))
        put(group: group, at: key)
    }

    /// Stores the node group of a block that is not here.
    func put(group: UnsafeRawBufferPointer, at key: MDB_val) {
        var (key, value) = (key, MDB_val(group))
        check(mdb_cursor_put(tree, &key, &value, flags))
    }

    /// Stores a record of a core: its head, or its contiguous length.
    func put(_ record: CoreRecord, of core: UInt32 = 0, _ bytes: UnsafeRawBufferPointer) {
        record.withKey(of: core) { put(bytes, at: $0, in: cores) }
    }

    /// Stores any other record.
    func put(_ bytes: UnsafeRawBufferPointer, at key: UnsafeRawBufferPointer, in table: MDB_dbi) {
        var (key, value) = (MDB_val(key), MDB_val(bytes))
        check(mdb_put(transaction, table, &key, &value, 0))
    }

    /// Commits; with a sync where the store syncs.
    consuming func commit() {
        check(mdb_txn_commit(transaction))
    }
}
