import CBenchLMDB

/// Reads blocks of a log: a renewed read transaction, a lookup and a copy each.
///
/// The transaction is renewed for every block, because a get sees what was committed before it.
struct LogReader: ~Copyable {
    private let store: FloorStore
    private let transaction: OpaquePointer
    private let key = LogKey()

    init(at directory: String) {
        self.init(FloorStore(at: directory))
    }

    /// A reader of its own for each thread.
    init(_ store: FloorStore) {
        self.store = store
        transaction = begin(store.environment, flags: MDB_RDONLY)
        mdb_txn_reset(transaction)
    }

    deinit {
        mdb_txn_abort(transaction)
    }

    /// The block at `index`, in an array of its own.
    func block(at index: Int) -> [UInt8] {
        check(mdb_txn_renew(transaction))
        defer { mdb_txn_reset(transaction) }
        var key = key.value(index: index)
        var value = MDB_val()
        check(mdb_get(transaction, store.blocks, &key, &value))
        return [UInt8](value.bytes)
    }
}
