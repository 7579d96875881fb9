import CCorestoreLMDB
import StorageEngine

/// An open LMDB environment and the handles of its tables.
///
/// `@unchecked Sendable`: all stored properties are constants, and any thread may use an LMDB environment, but for
/// closing it, resizing its map and setting its flags. The engine does those only as the writer, or while no
/// transaction is open (`ReaderPool.withoutReaders`).
final class Environment: @unchecked Sendable {
    let pointer: OpaquePointer
    /// The store's directory, for messages.
    let path: String
    /// By ordinal; `nil` for a table that a store opened read-only does not have yet. It reads as an empty one.
    private let handles: [MDB_dbi?]
    let maximumKeyLength: Int
    let packing: ValuePacking
    let unpacking = ValueUnpacking()

    init(pointer: OpaquePointer, path: String, handles: [MDB_dbi?], compression: LMDBOptions.Compression) {
        self.pointer = pointer
        self.path = path
        self.handles = handles
        maximumKeyLength = Int(mdb_env_get_maxkeysize(pointer))
        packing = ValuePacking(compression, RecordPages(pageByteCount: pointer.pageByteCount))
    }

    var tableCount: Int { handles.count }

    func handle(_ table: Table) -> MDB_dbi? {
        precondition(
            table.ordinal < handles.count,
            "table \(table.name) is number \(table.ordinal), and \(handles.count) were opened")
        return handles[table.ordinal]
    }

    func writableHandle(_ table: Table) -> MDB_dbi {
        guard let handle = handle(table) else { preconditionFailure("table \(table.name) was not opened for writing") }
        return handle
    }

    func checkKeyLength(_ key: RawSpan) throws(StorageError) {
        guard key.byteCount < 1 || key.byteCount > maximumKeyLength else { return }
        throw StorageError(
            .invalidArgument, "a key is 1 to \(maximumKeyLength) bytes, and this one is \(key.byteCount)")
    }

    /// Begins a transaction.
    func begin(_ flags: Int32, _ transaction: inout OpaquePointer?) -> LMDBStatus {
        LMDBStatus(mdb_txn_begin(pointer, nil, UInt32(flags), &transaction))
    }

    var mapByteCount: Int {
        var information = MDB_envinfo()
        mdb_env_info(pointer, &information)
        return information.me_mapsize
    }
}

extension OpaquePointer {
    /// The page size of an environment.
    var pageByteCount: Int {
        var statistics = MDB_stat()
        mdb_env_stat(self, &statistics)
        return Int(statistics.ms_psize)
    }
}
