import TestSupport
import Testing

@testable import Replication

@Suite struct PendingBlocksTests {
    @Test func itAgreesWithASet() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var pending = PendingBlocks()
            var model: Set<UInt64> = []
            for _ in 0..<1000 {
                let block = UInt64.random(in: 0..<200, using: &generator)
                if Bool.random(using: &generator) {
                    pending.insert(block)
                    model.insert(block)
                } else {
                    pending.remove(block)
                    model.remove(block)
                }
                let start = UInt64.random(in: 0..<220, using: &generator)
                let range = start..<start + UInt64.random(in: 0..<100, using: &generator)
                #expect(pending.first(in: range) == model.filter { range.contains($0) }.min(), "seed \(seed)")
                #expect(pending.count == model.count)
            }
        }
    }
}
