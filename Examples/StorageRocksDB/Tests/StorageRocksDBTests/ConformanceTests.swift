import StorageConformance
import StorageRocksDB
import Testing

@Suite struct RocksDBConformanceTests {
    @Test(arguments: ConformanceCheck.all)
    func `keeps the rules of storage engines`(_ check: ConformanceCheck) async throws {
        let directory = try TemporaryDirectory()
        try await check.run { tables in try RocksDBEngine.open(at: directory.path, tables: tables) }
    }

    @Test(arguments: ConformanceCheck.all)
    func `keeps the rules while memtables fill up and records are compressed`(_ check: ConformanceCheck) async throws {
        let directory = try TemporaryDirectory()
        try await check.run { tables in
            var options = RocksDBOptions()
            options.memtableByteCount = 64 << 10
            options.cacheByteCount = 64 << 10
            options.compression = .zstd
            return try RocksDBEngine.open(at: directory.path, tables: tables, options: options)
        }
    }
}
