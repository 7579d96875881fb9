import Testing

@testable import Replication

@Suite struct IndexTableTests {
    @Test func `an empty table has nothing`() {
        var table = IndexTable<String>()
        #expect(table.isEmpty && table[0] == nil && table.removeValue(forKey: 0) == nil)
        table[3] = nil
        #expect(table.count == 0)
    }

    /// Against the dictionary of the standard library: keys near each other, far apart, and all in one place of the table.
    @Test(arguments: [("dense", 1), ("even", 2), ("sparse", 1 << 40), ("colliding", 1 << 58)] as [(String, UInt64)])
    func `it holds what a dictionary holds`(_ kind: String, _ stride: UInt64) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SplitMix64(seed: seed)
            var table = IndexTable<UInt64>()
            var model: [UInt64: UInt64] = [:]
            for step in 0..<600 as Range<UInt64> {
                let key = UInt64.random(in: 0..<60, using: &generator) &* stride
                switch UInt64.random(in: 0..<100, using: &generator) {
                case ..<55:
                    table[key] = step
                    model[key] = step
                case ..<70:
                    table[key] = (table[key] ?? 0) + 1
                    model[key, default: 0] += 1
                case ..<80:
                    let before = table.updateValue(step, forKey: key)
                    #expect(before == model.updateValue(step, forKey: key), "seed \(seed)")
                default:
                    #expect(table.removeValue(forKey: key) == model.removeValue(forKey: key), "seed \(seed)")
                }
                #expect(table.count == model.count, "seed \(seed)")
                let isAlike = (0..<60 as Range<UInt64>).allSatisfy { table[$0 &* stride] == model[$0 &* stride] }
                #expect(isAlike, "seed \(seed), step \(step)")
            }
        }
    }

    @Test func `a copy does not change with the original`() {
        var table = IndexTable<Int>()
        for key in 0..<100 as Range<UInt64> { table[key] = Int(key) }
        let copy = table
        for key in 0..<100 as Range<UInt64> { table[key] = nil }
        table[7] = 0
        #expect(copy.count == 100 && copy[7] == 7 && table.count == 1)
    }
}
