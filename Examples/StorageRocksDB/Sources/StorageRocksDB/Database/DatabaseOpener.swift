import CRocksDB
import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Opens the database in a directory, and makes what it lacks.
struct DatabaseOpener {
    let path: String
    let tables: [Table]
    let options: RocksDBOptions

    func open() throws(StorageError) -> Database {
        let isNew = try !StoreDirectory.holdsDatabase(path)
        guard !isNew || options.createsIfMissing else {
            throw StorageError(.inaccessible, "there is no store in \(path), and none was to be created")
        }
        let settings = DatabaseSettings(options)
        let names = isNew ? [Database.defaultFamily] : try familyNames(settings)
        let strangers = Set(names).subtracting(tables.map(\.name)).subtracting([Database.defaultFamily])
        guard strangers.isEmpty else {
            throw .foreign(path, "has column families that are no tables here: \(strangers.sorted())")
        }
        let database = try open(names, settings)
        guard try !database.holdsForeignRecords() else { throw .foreign(path, "holds records outside of all tables") }
        try database.prepare(tables, settings)
        return database
    }

    /// The names of all column families: RocksDB opens none unless all are named.
    private func familyNames(_ settings: borrowing DatabaseSettings) throws(StorageError) -> [String] {
        var count = 0
        let list = try reporting("opening \(path)") {
            rocksdb_list_column_families(settings.pointer, path, &count, $0)
        }
        guard let list else { return [] }
        defer { rocksdb_list_column_families_destroy(list, count) }
        return UnsafeBufferPointer(start: list, count: count).compactMap { name in name.map { String(cString: $0) } }
    }

    private func open(_ names: [String], _ settings: borrowing DatabaseSettings) throws(StorageError) -> Database {
        let characters = names.map { strdup($0) }
        defer { characters.forEach { free($0) } }
        let constant = characters.map { UnsafePointer<CChar>($0) }
        let settingsOfEach = [OpaquePointer?](repeating: settings.pointer, count: names.count)
        var handles = [OpaquePointer?](repeating: nil, count: names.count)
        let pointer = try reporting("opening \(path)") {
            rocksdb_open_column_families(
                settings.pointer, path, Int32(names.count), constant, settingsOfEach, &handles, $0)
        }
        guard let pointer else { preconditionFailure("RocksDB opened no database and reported no error") }
        let opened = Dictionary(uniqueKeysWithValues: zip(names, handles.compactMap { $0 }))
        return Database(pointer, path: path, handles: opened)
    }
}

extension StorageError {
    fileprivate static func foreign(_ path: String, _ finding: String) -> StorageError {
        StorageError(
            .corrupt,
            "\(path) is the database of another program, or of a newer version of this one: it \(finding); choose "
                + "another directory")
    }
}
