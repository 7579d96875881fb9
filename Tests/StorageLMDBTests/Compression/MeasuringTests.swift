import StorageEngine
import Testing

@testable import StorageLMDB

@Suite struct MeasuringTests {
    @Test func `compressed values are measured as they are read and as they are stored`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        let values = [Bulk.lines(65_536), Bulk.noise(10_000), Bulk.lines(100), [], Bulk.lines(3_000)]
        for (number, value) in values.enumerated() { try engine.put("\(number)", value) }
        let space = try engine.measure(Bulk.bulk, KeyRange(), limit: 100)
        #expect(space.recordCount == 5)
        #expect(space.valueByteCount == UInt64(values.map(\.count).reduce(0, +)))
        var stored = 0
        for number in values.indices { stored += 1 + (try engine.stored("\(number)")?.count ?? 0) }
        #expect(space.storedByteCount == UInt64(stored))
        #expect(space.storedByteCount < space.valueByteCount / 2)
        #expect(space.nextKey == nil)
        #expect(engine.environment.unpacking.idleCount == 0)
        try engine.close()
    }

    @Test func `a value whose size cannot be told is an error, and a damaged content is none`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        try engine.put("a", Bulk.lines(10_000))
        var damaged = try #require(try engine.stored("a"))
        damaged[damaged.count - 1] ^= 1
        try engine.store(damaged, under: "a")
        #expect(try engine.measure(Bulk.bulk, KeyRange(), limit: 10).valueByteCount == 10_000)
        damaged[1] ^= 1
        try engine.store(damaged, under: "a")
        expectThrows(.corrupt, "key 61 of table bulk") { _ = try engine.measure(Bulk.bulk, KeyRange(), limit: 10) }
        try engine.close()
    }

    @Test func `the file's size and what is free of it are told`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.none)
        try engine.put("a", Bulk.noise(1 << 20))
        let before = try engine.space()
        try engine.write(durability: .relaxed) { transaction throws(StorageError) in
            try transaction.delete(Bulk.bulk, KeyRange())
        }
        let after = try engine.space()
        #expect(before.fileByteCount >= 1 << 20)
        #expect(after.fileByteCount >= before.fileByteCount)
        #expect(after.freeByteCount >= before.freeByteCount + 1 << 20)
        try engine.close()
        expectThrows(.closed) { _ = try engine.space() }
        expectThrows(.closed) { _ = try engine.measure(Bulk.bulk, KeyRange(), limit: 1) }
    }

    @Test func `a store opened read-only without the table has nothing of it`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        let engine = try directory.openReadOnlyWithUnknownTable()
        #expect(try engine.measure(Bulk.small, KeyRange(), limit: 1) == RangeSpace())
        try engine.close()
    }
}

extension TemporaryDirectory {
    fileprivate func openReadOnlyWithUnknownTable() throws -> LMDBEngine {
        var options = LMDBOptions()
        options.access = .readOnly
        return try LMDBEngine.open(at: path, tables: [records, Bulk.small], options: options)
    }
}
