import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

@Suite(.timeLimit(.minutes(5))) struct CompressedValueTests {
    @Test func `what compresses is stored shorter, and what does not is stored as it is`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        let (lines, noise) = (Bulk.lines(65_536), Bulk.noise(65_536))
        try engine.put("lines", lines)
        try engine.put("noise", noise)
        #expect(try engine.stored("lines").map { $0.count < lines.count / 4 && $0[0] == 1 } == true)
        #expect(try engine.stored("noise") == [0] + noise)
        #expect(try engine.bytes("lines") == lines)
        #expect(try engine.bytes("noise") == noise)
        try engine.close()
    }

    @Test func `short values, other tables and stores without compression are left alone`() throws {
        let directory = try TemporaryDirectory()
        var engine = try directory.openBulk(.zstd(level: 3))
        let (short, long) = (Array(Bulk.lines(191)), Bulk.lines(20_000))
        try engine.put("short", short)
        try engine.put("long", long, in: Bulk.small)
        #expect(try engine.stored("short") == [0] + short)
        #expect(try engine.stored("long", in: Bulk.small) == [0] + long)
        try engine.close()
        engine = try directory.openBulk(.none)
        try engine.put("long", long)
        #expect(try engine.stored("long") == [0] + long)
        #expect(try engine.features() == 0)
        try engine.close()
    }

    @Test func `a value is compressed only where that saves an eighth, and pages`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 1))
        let pages = RecordPages(pageByteCount: engine.environment.pointer.pageByteCount)
        var kept = 0
        for size in [192, 300, 1_500, 2_100, 4_079, 4_080, 4_096, 5_000, 8_176, 9_000, 20_000, 65_536] {
            for share in [0, 10, 25, 45, 60, 80, 100] {
                // Incompressible but for a share of zeros at its end.
                let value = Bulk.noise(size - size * share / 100) + [UInt8](repeating: 0, count: size * share / 100)
                try engine.put("k", value)
                let stored = try #require(try engine.stored("k"))
                #expect(try engine.bytes("k") == value, "\(size) bytes, \(share) % zeros")
                guard stored[0] != 0 else {
                    #expect(share < 60, "\(size) bytes of which \(share) % are zeros are worth it")
                    continue
                }
                kept += 1
                let (was, now) = (size + 1, stored.count)
                let wasPages = pages.ownPageCount(storedByteCount: was, keyByteCount: 1)
                #expect(now <= was - size / 8, "\(size) bytes became \(now)")
                #expect(
                    pages.ownPageCount(storedByteCount: now, keyByteCount: 1) < wasPages || wasPages == 0,
                    "\(size) bytes became \(now)")
            }
        }
        #expect(kept > 30)
        try engine.close()
    }

    @Test func `a store of values of all forms and levels is read, whatever it is opened with`() throws {
        let directory = try TemporaryDirectory()
        let settings: [LMDBOptions.Compression] = [.none, .zstd(level: 1), .zstd(level: 9), .none, .zstd(level: 3)]
        for (round, setting) in settings.enumerated() {
            let engine = try directory.openBulk(setting)
            for earlier in 0..<round { #expect(try engine.bytes("\(earlier)") == Bulk.lines(9_000, seed: earlier)) }
            try engine.put("\(round)", Bulk.lines(9_000, seed: round))
            try engine.close()
        }
        let reader = try directory.openBulk(.none) { $0.access = .readOnly }
        var forms: [UInt8?] = []
        for round in settings.indices { forms.append(try reader.stored("\(round)")?.first) }
        #expect(forms == [0, 1, 1, 0, 1])
        #expect(try reader.bytes("4") == Bulk.lines(9_000, seed: 4))
        try reader.close()
    }

    @Test func `looking whether a compressed value is there decompresses nothing`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        try engine.put("k", Bulk.lines(10_000))
        let key: [UInt8] = Array("k".utf8)
        #expect(try engine.read { try $0.contains(Bulk.bulk, key: key.span.bytes) })
        #expect(engine.environment.unpacking.idleCount == 0)
        _ = try engine.bytes("k")
        #expect(engine.environment.unpacking.idleCount == 1)
        try engine.close()
    }

    @Test func `nested reads keep a bounded number of decompressors afterwards`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 3))
        let values = (0..<20).map { Bulk.lines(3_000, seed: $0 * 1_000) }
        for (number, value) in values.enumerated() { try engine.put("\(number)", value) }
        func read(from number: Int) throws -> Int {
            guard number < values.count else { return 0 }
            let key = Array("\(number)".utf8)
            return try engine.read { snapshot in
                try snapshot.withValue(Bulk.bulk, key: key.span.bytes) { value in
                    let inner = try read(from: number + 1)
                    return value.withUnsafeBytes { $0.elementsEqual(values[number]) } ? inner + 1 : inner
                } ?? 0
            }
        }
        #expect(try read(from: 0) == values.count)
        #expect(engine.environment.unpacking.idleCount == ValueUnpacking.maximumIdleCount)
        try engine.close()
    }

    @Test func `many threads read compressed values while others are written`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.zstd(level: 1))
        for number in 0..<20 { try engine.put("\(number)", Bulk.lines(5_000, seed: number)) }
        let threads = (0..<4).map { thread in
            Thread.result {
                for round in 0..<200 {
                    let number = (round + thread) % 20
                    guard try engine.bytes("\(number)") == Bulk.lines(5_000, seed: number) else { return false }
                }
                return true
            }
        }
        for number in 20..<60 { try engine.put("\(number)", Bulk.lines(5_000, seed: number)) }
        for thread in threads { #expect(try thread.wait()) }
        try engine.close()
    }
}
