import CBenchLMDB

/// One transaction that appends to a log: two records a block, one for the head.
///
/// Keys only ever grow, so the records go in through a cursor at the end of each table (`MDB_APPEND`): no search, and
/// pages are left full. Over `mdb_put` that saves a third of the time of a batch of small blocks.
struct LogTransaction: ~Copyable {
    private let transaction: OpaquePointer
    private let blocks: OpaquePointer
    private let tree: OpaquePointer
    private let cores: MDB_dbi

    init(_ store: FloorStore) {
        transaction = begin(store.environment)
        blocks = openCursor(transaction, store.blocks)
        tree = openCursor(transaction, store.tree)
        cores = store.cores
    }

    /// Stores a block and its node group.
    func put(_ block: UnsafeRawBufferPointer, group: UnsafeRawBufferPointer, at key: MDB_val) {
        var key = key
        var value = MDB_val(block)
        check(mdb_cursor_put(blocks, &key, &value, UInt32(MDB_APPEND)))
        value = MDB_val(group)
        check(mdb_cursor_put(tree, &key, &value, UInt32(MDB_APPEND)))
    }

    /// Stores a record of the core: its head, or its contiguous length.
    func put(_ record: CoreRecord, _ bytes: UnsafeRawBufferPointer) {
        var value = MDB_val(bytes)
        var name = record.key
        withUnsafeMutableBytes(of: &name) { name in
            var key = MDB_val(UnsafeRawBufferPointer(name))
            check(mdb_put(transaction, cores, &key, &value, 0))
        }
    }

    /// Commits, without a sync.
    consuming func commit() {
        check(mdb_txn_commit(transaction))
    }
}

/// What is kept of a core beside its log: `0x01 ‖ core u32 ‖ kind`, the core being number 0.
enum CoreRecord: UInt8 {
    case head = 1
    case contiguousLength = 2

    var key: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) { (1, 0, 0, 0, 0, rawValue) }
}
