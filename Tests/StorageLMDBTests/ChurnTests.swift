import Foundation
import StorageEngine
import StorageLMDB
import Testing

@Suite(.timeLimit(.minutes(5))) struct ChurnTests {
    @Test func `a store in which as much is deleted as is written does not grow`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        var random = SeededRandom(seed: 4)
        var byteCounts: [Int] = []
        for round in 0..<400 {
            let values = (0..<20).map { (key: "\(round) \($0)", length: [20, 900, 5_000][Int(random.next() % 3)]) }
            try engine.put(
                Dictionary(uniqueKeysWithValues: values.map { ($0.key, String(repeating: "x", count: $0.length)) }))
            // A short snapshot in every round, so that pages are always held back for one.
            let (newest, deleted) = try engine.read { (try $0.value("\(round) 0"), try $0.value("\(round - 10) 0")) }
            #expect(newest != nil && deleted == nil)
            if round >= 5 { try engine.delete((0..<20).map { "\(round - 5) \($0)" }) }
            byteCounts.append(try engine.statistics().fileByteCount)
        }
        let early = byteCounts[..<100].max() ?? 0
        #expect(byteCounts[100...].max() ?? 0 <= early + early / 4, "seed 4: \(byteCounts)")
        try engine.close()
    }
}

/// SplitMix64.
private struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
