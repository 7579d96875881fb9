import CBenchLMDB

/// An LMDB environment with the tables of a store, as bare as it gets.
///
/// `@unchecked Sendable`: what it holds is settled when it is opened, and LMDB lets threads share an environment, each
/// with transactions of its own.
final class FloorStore: @unchecked Sendable {
    /// Address space, not disk: as much as the storage engine reserves.
    private static let mapByteLength = 1 << 40

    let environment: OpaquePointer
    let blocks: MDB_dbi
    let tree: MDB_dbi
    let cores: MDB_dbi
    /// What names lead to.
    let names: MDB_dbi
    let bitfield: MDB_dbi

    /// Opens the store at `directory`, which exists, and creates what is missing in it. Each commit is synced where
    /// `syncs`; else none is.
    ///
    /// Where it `readsAhead`, the kernel brings in what lies beside a page that is not cached.
    init(at directory: String, syncs: Bool = false, readsAhead: Bool = true) {
        var environment: OpaquePointer?
        check(mdb_env_create(&environment))
        self.environment = environment.unsafelyUnwrapped
        check(mdb_env_set_mapsize(environment, Self.mapByteLength))
        check(mdb_env_set_maxdbs(environment, 8))
        let flags = MDB_NOTLS | (syncs ? 0 : MDB_NOSYNC) | (readsAhead ? 0 : MDB_NORDAHEAD)
        check(mdb_env_open(environment, directory, UInt32(flags), 0o600))
        let transaction = begin(environment.unsafelyUnwrapped)
        func openTable(_ name: String) -> MDB_dbi {
            var table: MDB_dbi = 0
            check(mdb_dbi_open(transaction, name, UInt32(MDB_CREATE), &table))
            return table
        }
        blocks = openTable("blocks")
        tree = openTable("tree")
        cores = openTable("cores")
        names = openTable("store")
        bitfield = openTable("bitfield")
        check(mdb_txn_commit(transaction))
    }

    deinit {
        mdb_env_close(environment)
    }
}

/// Begins a transaction that writes, or only reads.
func begin(_ environment: OpaquePointer, flags: Int32 = 0) -> OpaquePointer {
    var transaction: OpaquePointer?
    check(mdb_txn_begin(environment, nil, UInt32(flags), &transaction))
    return transaction.unsafelyUnwrapped
}

/// Opens a cursor.
func openCursor(_ transaction: OpaquePointer, _ table: MDB_dbi) -> OpaquePointer {
    var cursor: OpaquePointer?
    check(mdb_cursor_open(transaction, table, &cursor))
    return cursor.unsafelyUnwrapped
}

/// Ends the run where LMDB fails: a floor that did not do its work has no figure.
@inline(__always)
func check(_ status: Int32) {
    guard status != MDB_SUCCESS else { return }
    fatalError("LMDB: \(String(cString: mdb_strerror(status)))")
}

/// A 16-byte key of a block or a node group: `core u32 ‖ generation u32 ‖ index u64`, big-endian, in fixed memory.
struct LogKey: ~Copyable {
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 8)

    init(core: UInt32 = 0) {
        bytes.storeBytes(of: 0, as: UInt64.self)
        move(to: core)
    }

    /// Makes the next keys those of another core.
    func move(to core: UInt32) {
        bytes.storeBytes(of: core.bigEndian, as: UInt32.self)
    }

    deinit {
        bytes.deallocate()
    }

    /// The key of `index`, good until the next call.
    func value(index: Int) -> MDB_val {
        bytes.storeBytes(of: UInt64(index).bigEndian, toByteOffset: 8, as: UInt64.self)
        return MDB_val(mv_size: 16, mv_data: bytes)
    }
}

extension MDB_val {
    /// Borrows bytes that LMDB only reads.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }

    /// The bytes, borrowed from LMDB's map or from whoever made this.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}
