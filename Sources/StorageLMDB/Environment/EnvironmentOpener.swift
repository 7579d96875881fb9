import CCorestoreLMDB
import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Opens one environment of a store: its file, its map, its format record and its tables.
struct EnvironmentOpener {
    let directory: StoreDirectory
    let tables: [Table]
    let options: LMDBOptions
    /// The environment's path in the store's directory.
    let name: String
    /// Whether the store is being created, so that the environment may be empty.
    let isNew: Bool
    /// What is to be told about durability; `nil` where the store is only read.
    var trust: Trust?

    private var path: String { directory.path + "/" + name }
    private var dataPath: String { path + "/data.mdb" }
    private var isReadOnly: Bool { options.access == .readOnly }

    struct Opened: ~Copyable {
        let environment: Environment
        let file: FileDescriptor
        var fileLength: FileLength
        let trust: Trust?
    }

    func open() throws(StorageError) -> Opened {
        try checkFile()
        let pointer = try openEnvironment()
        do throws(StorageError) {
            let file = try FileDescriptor(opening: dataPath, isReadOnly ? O_RDONLY : O_RDWR)
            let handles = try openTables(pointer)
            let environment = Environment(
                pointer: pointer, path: directory.path, handles: handles, compression: options.compression)
            return Opened(environment: environment, file: file, fileLength: FileLength(of: file), trust: trust)
        } catch {
            mdb_env_close(pointer)
            throw error
        }
    }
}

// MARK: - The environment

extension EnvironmentOpener {
    /// LMDB maps the file as soon as it opens it, and divides by the page size that it finds there.
    func checkFile() throws(StorageError) {
        if isNew, access(dataPath, F_OK) != 0 { return }
        let file = try FileDescriptor(opening: dataPath, isReadOnly ? O_RDONLY : O_RDWR)
        if file.byteCount > 0 { return try FileLength.check(file, path: dataPath, isWritable: !isReadOnly) }
        // LMDB takes an empty file for a new one; where the store exists, it has lost everything.
        guard isNew else {
            throw StorageError(.corrupt, "\(dataPath) is empty: the store has lost its data; restore it from a copy")
        }
    }

    /// Reserves as much address space as the system grants, where the caller did not ask for an amount.
    private func openEnvironment() throws(StorageError) -> OpaquePointer {
        var mapByteCount = options.mapByteCount ?? LMDBOptions.defaultMapByteCount
        while true {
            let (pointer, status) = try openEnvironment(mapByteCount)
            if let pointer { return pointer }
            let mayShrink = options.mapByteCount == nil && mapByteCount > LMDBOptions.minimumMapByteCount
            guard status.rawValue == ENOMEM, mayShrink else { throw status.error("opening \(dataPath)") }
            mapByteCount /= 2
        }
    }

    private func openEnvironment(_ mapByteCount: Int) throws(StorageError) -> (OpaquePointer?, LMDBStatus) {
        var pointer: OpaquePointer?
        try LMDBStatus(mdb_env_create(&pointer)).check("opening \(dataPath)")
        mdb_env_set_mapsize(pointer, mapByteCount.roundedUp(toMultipleOf: 1 << 16))
        mdb_env_set_maxdbs(pointer, MDB_dbi(tables.count))
        mdb_env_set_maxreaders(pointer, UInt32(options.maximumReaders))
        // Logs are read here and there, and a store may be far larger than memory: what a disk reads ahead around each page that
        // is missing (megabytes on some) throws out what is needed. See docs/performance.md, get-cold.
        let flags = MDB_NOTLS | MDB_NORDAHEAD | (isReadOnly ? MDB_RDONLY : 0)
        let status = LMDBStatus(mdb_env_open(pointer, path, UInt32(flags), 0o600))
        if !status.isSuccess {
            mdb_env_close(pointer)
            pointer = nil
        }
        return (pointer, status)
    }
}

extension Int {
    func roundedUp(toMultipleOf unit: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(unit - 1)
        return overflow ? self / unit * unit : sum / unit * unit
    }
}

// MARK: - Format and tables

extension EnvironmentOpener {
    private func openTables(_ pointer: OpaquePointer) throws(StorageError) -> [MDB_dbi?] {
        var transaction: OpaquePointer?
        let status = LMDBStatus(mdb_txn_begin(pointer, nil, isReadOnly ? UInt32(MDB_RDONLY) : 0, &transaction))
        try status.check("opening \(dataPath)")
        guard let transaction else { preconditionFailure("LMDB began no transaction and reported no error") }
        var handles: [MDB_dbi?] = []
        do throws(StorageError) {
            try checkFormat(transaction)
            for table in tables { handles.append(try openTable(table, transaction)) }
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        // Handles outlive their transaction only if it is committed, also a read-only one.
        try LMDBStatus(mdb_txn_commit(transaction)).check("opening \(dataPath)")
        return handles
    }

    private func checkFormat(_ transaction: OpaquePointer) throws(StorageError) {
        if let format = try FormatRecord.read(transaction, path: directory.path) {
            return try format.checkSupported(path: directory.path)
        }
        guard isNew else {
            throw StorageError(.corrupt, "\(dataPath) is an LMDB file of another program: it has no format record")
        }
        try FormatRecord.current.write(transaction, path: directory.path)
    }

    private func openTable(_ table: Table, _ transaction: OpaquePointer) throws(StorageError) -> MDB_dbi? {
        var handle = MDB_dbi()
        let flags = isReadOnly ? 0 : UInt32(MDB_CREATE)
        let status = LMDBStatus(mdb_dbi_open(transaction, table.name, flags, &handle))
        if isReadOnly, status.rawValue == MDB_NOTFOUND { return nil }
        try status.check("opening table \(table.name) of \(directory.path)")
        return handle
    }
}
