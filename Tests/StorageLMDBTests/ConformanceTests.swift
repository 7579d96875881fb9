import StorageConformance
import StorageLMDB
import Testing

@Suite struct LMDBConformanceTests {
    @Test(arguments: ConformanceCheck.all)
    func `keeps the rules of storage engines`(_ check: ConformanceCheck) async throws {
        let directory = try TemporaryDirectory()
        try await check.run { tables in try LMDBEngine.open(at: directory.path, tables: tables) }
    }

    @Test(arguments: ConformanceCheck.all)
    func `keeps the rules while it compresses, and its map grows`(_ check: ConformanceCheck) async throws {
        let directory = try TemporaryDirectory()
        try await check.run { tables in
            var options = LMDBOptions()
            options.compression = .zstd(level: 1)
            options.mapByteCount = 1 << 16
            return try LMDBEngine.open(at: directory.path, tables: tables, options: options)
        }
    }

    @Test(arguments: ConformanceCheck.all)
    func `keeps the rules while its map grows`(_ check: ConformanceCheck) async throws {
        let directory = try TemporaryDirectory()
        try await check.run { tables in
            var options = LMDBOptions()
            options.mapByteCount = 1 << 16
            return try LMDBEngine.open(at: directory.path, tables: tables, options: options)
        }
    }
}
