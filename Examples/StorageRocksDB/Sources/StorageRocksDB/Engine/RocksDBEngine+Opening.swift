public import StorageEngine

extension RocksDBEngine {
    /// Opens the store in `directory`.
    ///
    /// - Parameters:
    ///   - directory: the store's own directory; nothing else should be in it. Where it is missing it is created, but
    ///     not its parent.
    ///   - tables: the schema; ordinals 0, 1, 2 and so on. Tables that the store lacks are created.
    ///   - options: see ``RocksDBOptions``.
    /// - Throws: `.inaccessible`, `.inUse`, `.corrupt` (also for another program's database), `.unsupportedVersion`,
    ///   `.full`, `.inputOutput`.
    public static func open(
        at directory: String, tables: [Table], options: RocksDBOptions = RocksDBOptions()
    ) throws(StorageError) -> RocksDBEngine {
        precondition(tables.map(\.ordinal) == Array(tables.indices), "tables are numbered 0, 1, 2: \(tables)")
        precondition(options.cacheByteCount >= 0 && options.memtableByteCount > 0, "\(options)")
        let path = try StoreDirectory.resolve(directory, createsIfMissing: options.createsIfMissing)
        return RocksDBEngine(try DatabaseOpener(path: path, tables: tables, options: options).open())
    }
}
