import StorageEngine
import Testing

@testable import StorageRocksDB

/// A transaction's scan merges its own writes with stored records. No conformance check reaches it but by way of range
/// deletes.
@Suite struct TransactionScanTests {
    @Test(arguments: UInt64(1)...8)
    func `a transaction scans its own writes and the stored records as one`(_ seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        var random = Sequence64(state: seed)
        var model: [String: String] = [:]
        for round in 0..<5 {
            try engine.write(durability: .relaxed) { transaction throws(StorageError) in
                for step in 0..<40 {
                    let key = Self.key(&random)
                    let bytes = Array(key.utf8)
                    if random.next() % 3 == 0 {
                        try transaction.delete(records, key: bytes.span.bytes)
                        model[key] = nil
                    } else {
                        let value = "\(round) \(step)"
                        try transaction.put(records, key: bytes.span.bytes, value: Array(value.utf8).span.bytes)
                        model[key] = value
                    }
                }
            }
        }
        let database = try #require(engine.openDatabase)
        let view = WriteView(database)
        for step in 0..<40 {
            let (key, value) = (Self.key(&random), "draft \(step)")
            let bytes = Array(key.utf8)
            if random.next() % 2 == 0 {
                try view.delete(records, key: bytes.span.bytes)
                model[key] = nil
            } else {
                try view.put(records, key: bytes.span.bytes, value: Array(value.utf8).span.bytes)
                model[key] = value
            }
            try compare(view, model, &random, seed)
        }
        #expect(try engine.keys() != model.keys.sorted(), "seed \(seed): the draft is not committed")
        try view.commit(.relaxed)
    }

    private func compare(
        _ view: WriteView, _ model: [String: String], _ random: inout Sequence64, _ seed: UInt64
    ) throws {
        for order in [ScanOrder.ascending, .descending] {
            let lower = random.next() % 4 == 0 ? nil : Self.key(&random)
            let upper = random.next() % 4 == 0 ? nil : Self.key(&random)
            let inside = model.filter { key, _ in (lower ?? "") <= key && (upper.map { key < $0 } ?? true) }
            let sorted = inside.sorted { order == .ascending ? $0.key < $1.key : $0.key > $1.key }
            var found: [String] = []
            let range = KeyRange(lower: lower.map { Array($0.utf8) }, upper: upper.map { Array($0.utf8) })
            try view.scan(records, range, order: order) { key, value in
                found.append(String(key) + "=" + String(value))
                return .next
            }
            #expect(found == sorted.map { $0.key + "=" + $0.value }, "seed \(seed): \(order) \(range)")
        }
    }

    private static func key(_ random: inout Sequence64) -> String { "k\(random.next() % 60)" }
}

/// Numbers that a seed decides: a linear congruence (Knuth's constants), of which the upper bits are used.
private struct Sequence64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
