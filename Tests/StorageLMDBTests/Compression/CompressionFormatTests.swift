import StorageEngine
import Testing

@testable import StorageLMDB

/// When the format record says that a store has compressed values.
@Suite struct CompressionFormatTests {
    @Test func `a store names the feature with its first compressed value, and not before`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        #expect(try engine.features() == 0)
        try engine.put("noise", Bulk.noise(10_000))
        #expect(try engine.features() == 0)
        try engine.put("lines", Bulk.lines(10_000))
        #expect(try engine.features() == FormatRecord.compressedValues)
        try engine.close()
        let reopened = try directory.openBulk(.none)
        #expect(try reopened.features() == FormatRecord.compressedValues)
        try reopened.close()
    }

    @Test func `a transaction that is undone names no feature`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        let (key, value) = (Array("k".utf8), Bulk.lines(10_000))
        expectThrows(.conflict) {
            try engine.write(durability: .relaxed) { transaction throws(StorageError) in
                try transaction.put(Bulk.bulk, key: key.span.bytes, value: value.span.bytes)
                throw StorageError(.conflict, "undone")
            }
        }
        #expect(try engine.features() == 0)
        try engine.put("k", value)
        #expect(try engine.features() == FormatRecord.compressedValues)
        try engine.close()
    }

    @Test func `a transaction that runs again in a larger map names the feature and stores everything`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3)) { $0.mapByteCount = 1 << 16 }
        var runs = 0
        try engine.write(durability: .relaxed) { transaction throws(StorageError) in
            runs += 1
            for number in 0..<200 {
                let (key, value) = (Array("\(number)".utf8), Bulk.lines(10_000, seed: number))
                try transaction.put(Bulk.bulk, key: key.span.bytes, value: value.span.bytes)
            }
        }
        #expect(runs > 1)
        #expect(try engine.features() == FormatRecord.compressedValues)
        for number in [0, 99, 199] { #expect(try engine.bytes("\(number)") == Bulk.lines(10_000, seed: number)) }
        try engine.close()
    }
}
