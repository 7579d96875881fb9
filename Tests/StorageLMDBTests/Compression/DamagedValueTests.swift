import StorageEngine
import Testing

@testable import StorageLMDB

@Suite struct DamagedValueTests {
    @Test func `a damaged value is refused by table and key, and others are read`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        let value = Bulk.lines(10_000)
        try engine.put("good", value)
        let good = try #require(try engine.stored("good"))
        var flipped = good
        flipped[good.count / 2] ^= 0x10
        let claimingMuch: [UInt8] = [1, 0x28, 0xb5, 0x2f, 0xfd, 0xe0] + [UInt8](repeating: 0x7f, count: 8) + [1, 0, 0]
        for (damage, bytes) in [
            ("a flipped bit", flipped), ("cut off", good.dropLast()), ("only its tag", [1]), ("not even a tag", []),
            ("of a later version", [2, 1, 2, 3]), ("two frames", good + good.dropFirst()), ("a bomb", claimingMuch),
        ] {
            try engine.store(bytes, under: "bad\u{f}", in: Bulk.bulk)
            let error = expectThrows(.corrupt, "6261640f") { _ = try engine.bytes("bad\u{f}") }
            #expect(error?.message.contains("table bulk") == true, "\(damage): \(String(describing: error))")
            expectThrows(.corrupt, "6261640f") {
                try engine.read { try $0.scan(Bulk.bulk, KeyRange()) { _, _ in .next } }
            }
            expectThrows(.corrupt, "6261640f") {
                try engine.write(durability: .relaxed) { transaction throws(StorageError) in
                    let key = Array("bad\u{f}".utf8)
                    try transaction.withValue(Bulk.bulk, key: key.span.bytes) { _ in }
                }
            }
            #expect(try engine.bytes("good") == value)
        }
        try engine.close()
    }

    @Test func `a scan that stops before a damaged value does not meet it`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        try engine.put("a", Bulk.lines(10_000))
        try engine.store([1], under: "b")
        var visited = 0
        try engine.read { snapshot in
            try snapshot.scan(Bulk.bulk, KeyRange()) { _, _ in
                visited += 1
                return .stop
            }
        }
        #expect(visited == 1)
        try engine.close()
    }

    @Test func `a damaged value can be replaced and removed`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        let value = Bulk.lines(10_000)
        try engine.store([1, 2, 3], under: "a")
        try engine.store([1, 2, 3], under: "b")
        try engine.put("a", value)
        try engine.write(durability: .relaxed) { transaction throws(StorageError) in
            try transaction.delete(Bulk.bulk, key: Array("b".utf8).span.bytes)
        }
        #expect(try engine.bytes("a") == value)
        #expect(try engine.bytes("b") == nil)
        try engine.close()
    }
}
