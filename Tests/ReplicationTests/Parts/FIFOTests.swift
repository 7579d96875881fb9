import TestSupport
import Testing

@testable import Replication

@Suite struct FIFOTests {
    @Test func itAgreesWithAnArray() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var queue = FIFO<Int>()
            var model: [Int] = []
            for step in 0..<2000 {
                switch Int.random(in: 0..<20, using: &generator) {
                case 0:
                    queue.removeAll { $0.isMultiple(of: 3) }
                    model.removeAll { $0.isMultiple(of: 3) }
                case 1..<9 where !model.isEmpty:
                    #expect(queue.popFirst() == model.removeFirst(), "seed \(seed)")
                default:
                    queue.append(step)
                    model.append(step)
                }
                #expect(queue.count == model.count && queue.first == model.first && queue.isEmpty == model.isEmpty)
            }
        }
    }
}
