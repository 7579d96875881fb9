import CRocksDB
import StorageEngine
import Synchronization

/// An open database with a column family for each table. It is closed when nobody holds it any more: not the engine, no
/// read, no write.
///
/// Column families and not prefixes of keys: a table's keys stay as they are, scans end where their table does, and each
/// table is a tree of its own, so that blocks, which come in order and are never touched again, are not merged again and
/// again with records that change. A batch over several is atomic all the same, since they share one log.
///
/// `@unchecked Sendable`: RocksDB's handles are made for use by many threads at once, and the list of them changes only
/// before the opener hands the database out.
final class Database: @unchecked Sendable {
    static let maximumKeyLength = 511

    let path: String
    let pointer: OpaquePointer
    /// Tells that the database is closed, to those who must not hold it.
    let end = DatabaseEnd()

    /// The column family that every database has, and in which a store keeps nothing.
    static let defaultFamily = "default"

    /// All column families, owned.
    private var handles: [String: OpaquePointer]
    /// Those of the tables, by ordinal.
    private var families: [OpaquePointer] = []
    /// Why nothing can be written any more.
    private let refusal = Mutex<StorageError?>(nil)

    /// Takes over an open database and its column families.
    init(_ pointer: OpaquePointer, path: String, handles: [String: OpaquePointer]) {
        self.pointer = pointer
        self.path = path
        self.handles = handles
    }

    deinit {
        let failure = refusal.withLock { $0 } == nil ? synchronizationFailure : nil
        for handle in handles.values { rocksdb_column_family_handle_destroy(handle) }
        rocksdb_close(pointer)
        end.come(failure)
    }

    func family(_ table: Table) -> OpaquePointer { families[table.ordinal] }

    /// RocksDB would take an empty key, and one of any length.
    func checkLength(_ key: RawSpan) throws(StorageError) {
        guard (1...Self.maximumKeyLength).contains(key.byteCount) else {
            throw StorageError(
                .invalidArgument, "a key is 1 to \(Self.maximumKeyLength) bytes, and this one is \(key.byteCount)")
        }
    }
}

// MARK: - Completing

/// For the opener, before it hands the database out.
extension Database {
    /// Gives every table its column family, and makes those that are missing.
    func prepare(_ tables: [Table], _ settings: borrowing DatabaseSettings) throws(StorageError) {
        for table in tables {
            if handles[table.name] == nil { handles[table.name] = try create(table, settings) }
        }
        families = tables.compactMap { handles[$0.name] }
    }

    /// Whether something is stored that belongs to no table.
    func holdsForeignRecords() throws(StorageError) -> Bool {
        guard let handle = handles[Self.defaultFamily] else { return false }
        let options = rocksdb_readoptions_create()
        let iterator = rocksdb_create_iterator_cf(pointer, options, handle)
        defer {
            rocksdb_iter_destroy(iterator)
            rocksdb_readoptions_destroy(options)
        }
        rocksdb_iter_seek_to_first(iterator)
        try reporting("reading from \(path)") { rocksdb_iter_get_error(iterator, $0) }
        return rocksdb_iter_valid(iterator) != 0
    }

    private func create(_ table: Table, _ settings: borrowing DatabaseSettings) throws(StorageError) -> OpaquePointer {
        let handle = try reporting("creating the table \(table.name) in \(path)") {
            rocksdb_create_column_family(pointer, settings.pointer, table.name, $0)
        }
        guard let handle else { preconditionFailure("RocksDB created no column family and reported no error") }
        return handle
    }
}

// MARK: - Committing

extension Database {
    /// Commits a batch.
    func commit(_ batch: OpaquePointer, _ durability: Durability) throws(StorageError) {
        let options = rocksdb_writeoptions_create()
        defer { rocksdb_writeoptions_destroy(options) }
        rocksdb_writeoptions_set_sync(options, durability == .full ? 1 : 0)
        try poisoning { () throws(StorageError) in
            try reporting("committing to \(path)") { rocksdb_write_writebatch_wi(pointer, options, batch, $0) }
        }
    }

    /// Brings the log to the disk.
    func synchronize() throws(StorageError) {
        try poisoning { () throws(StorageError) in
            if let failure = synchronizationFailure { throw failure }
        }
    }

    private var synchronizationFailure: StorageError? {
        do throws(StorageError) {
            try reporting("bringing \(path) to the disk") { rocksdb_flush_wal(pointer, 1, $0) }
            return nil
        } catch {
            return error
        }
    }

    /// Runs `body`, and refuses everything after a failure of it: whether the log ends before or behind what was written
    /// last shows only when it is read again.
    func poisoning(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
        do throws(StorageError) {
            try body()
        } catch {
            refusal.withLock { $0 = $0 ?? .poisoned(path, by: error) }
            throw error
        }
    }
}

extension StorageError {
    fileprivate static func poisoned(_ path: String, by error: StorageError) -> StorageError {
        StorageError(
            .poisoned,
            "\(path) takes no more writes since this failure: \(error.message); close the store and open it again")
    }
}
