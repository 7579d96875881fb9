import Bitfield
import TestSupport
import Testing

@Suite struct RemoteBitfieldTests {
    @Test func aRangeFromZeroOnlyRaisesTheContiguousLength() throws {
        var peer = RemoteBitfield()
        try peer.have(start: 0, length: 100)
        try peer.have(start: 0, length: 40)
        #expect(peer.contiguousLength == 100)
        #expect(peer[99] && !peer[100] && peer.segmentCount == 0)
    }

    @Test func blocksPastADropAreUnknown() throws {
        var peer = RemoteBitfield()
        try peer.have(start: 0, length: 100)
        try peer.drop(start: 10, length: 1)
        #expect(peer.contiguousLength == 10)
        #expect(peer[9] && !peer[10] && !peer[11])
        try peer.have(start: 11, length: 89)
        #expect(!peer[10] && peer[11] && peer[99] && peer.contiguousLength == 10)
    }

    @Test func aDropLeavesAnnouncedBlocksAroundIt() throws {
        var peer = RemoteBitfield()
        try peer.have(start: 50, length: 50)
        try peer.drop(start: 60, length: 10)
        #expect(peer.contains(50..<60) && peer.contains(70..<100) && peer.firstSet(in: 60..<70) == nil)
    }

    @Test func aBitfieldSaysEverythingAboutItsWindow() throws {
        var peer = RemoteBitfield()
        try peer.have(start: 0, length: 100)
        try peer.load([0b101, 0], at: 64)
        #expect(peer.contiguousLength == 64)
        #expect(peer[63] && peer[64] && !peer[65] && peer[66] && peer.firstSet(in: 67..<200) == nil)
    }

    @Test func aMisalignedBitfieldSetsNothing() throws {
        var peer = RemoteBitfield()
        try peer.have(start: 0, length: 100)
        #expect(throws: BitfieldError.self) { try peer.load([.max], at: 33) }
        #expect(peer.contiguousLength == 33 && !peer[33] && !peer[40] && peer.segmentCount == 0)
    }

    @Test func hostileRangesAreRefusedAndChangeNothing() throws {
        var peer = RemoteBitfield()
        try peer.have(start: 0, length: 100)
        try peer.have(start: 200, length: 1)
        let before = peer
        for (start, length) in [(UInt64.max, UInt64.max), (1, .max), (.max, 1), (1 << 53, 1), (1, 1 << 53)] {
            #expect(throws: BitfieldError.self) { try peer.have(start: start, length: length) }
            #expect(throws: BitfieldError.self) { try peer.drop(start: start, length: length) }
        }
        #expect(throws: BitfieldError.self) { try peer.have(start: 0, length: .max) }
        #expect(throws: BitfieldError.self) { try peer.load([1], at: .max - 31) }
        #expect(throws: BitfieldError.self) { try peer.load([1], at: 1 << 53) }
        #expect(peer == before)
    }

    @Test func moreScatteredBlocksThanTheLimitAreRefusedWhole() throws {
        var peer = RemoteBitfield(segmentLimit: 4)
        for page in 1...4 as ClosedRange<UInt64> { try peer.have(start: page * 100_000, length: 1) }
        let before = peer
        #expect(throws: BitfieldError.self) { try peer.have(start: 900_000, length: 1) }
        #expect(peer == before)
        try peer.have(start: 100_001, length: 5)
        #expect(peer.contains(100_000..<100_006) && peer.segmentCount == 4)
        #expect(throws: BitfieldError.self) {
            try peer.load([UInt32](repeating: 1, count: 8 * 1_024), at: 1_048_576)
        }
        #expect(peer.segmentCount <= 4)
    }

    @Test func aDropThatCannotBeHeldForgetsRatherThanPretends() throws {
        var peer = RemoteBitfield(segmentLimit: 2)
        try peer.have(start: 32_768, length: (1 << 53) - 32_768)
        #expect(peer.segmentCount == 1)
        #expect(throws: BitfieldError.self) { try peer.drop(start: 1_000_000, length: 1) }
        #expect(!peer[1_000_000] && !peer[1_000_001] && peer[32_768] && peer.segmentCount <= 2)
    }

    @Test func noPeerCanMakeUsHoldMoreThanTheLimit() {
        var generator = SeededGenerator(seed: 5)
        var peer = RemoteBitfield(segmentLimit: 16)
        for _ in 0..<300 {
            let start = UInt64.random(in: 0..<1 << 30, using: &generator)
            let length = UInt64.random(in: 0..<1 << UInt64.random(in: 1..<40, using: &generator), using: &generator)
            switch generator.next() % 3 {
            case 0: try? peer.have(start: start, length: length)
            case 1: try? peer.drop(start: start, length: length)
            default: try? peer.load([UInt32](repeating: 0x5555_5555, count: Int(length % 2_500)), at: start / 32 * 32)
            }
            guard peer.segmentCount > 16 else { continue }
            Issue.record("\(peer.segmentCount) segments are held")
            return
        }
    }

    @Test(arguments: [41, 42, 43] as [UInt64])
    func answersAsThePlainRulesDo(seed: UInt64) throws {
        let length: UInt64 = 3 * 32_768 + 11
        var source = RangeSource(seed: seed, length: length)
        var peer = RemoteBitfield()
        var contiguous: UInt64 = 0
        var bits = BitModel(length: length)
        for _ in 0..<120 {
            let range = source.range()
            switch source.next(upTo: 5) {
            case 0:
                try peer.have(start: 0, length: range.lowerBound)
                contiguous = max(contiguous, range.lowerBound)
            case 1, 2:
                let start = max(range.lowerBound, 1)
                try peer.have(start: start, length: UInt64(range.count))
                bits.set(start..<start + UInt64(range.count), to: true)
            case 3:
                try peer.drop(start: range.lowerBound, length: UInt64(range.count))
                contiguous = min(contiguous, range.lowerBound)
                bits.set(range, to: false)
            default:
                peer.truncate(to: range.upperBound)
                contiguous = min(contiguous, range.upperBound)
                bits.set(range.upperBound..<length, to: false)
            }
            var model = bits
            model.set(0..<contiguous, to: true)
            var mine = PagedBitfield()
            let held = source.range()
            mine.set(held)
            let asked = source.range()
            try #require(peer.contiguousLength == contiguous, "seed \(seed)")
            try #require(peer.count(in: asked) == model.count(in: asked), "seed \(seed)")
            try #require(peer.firstSet(in: asked) == model.first(true, in: asked), "seed \(seed)")
            try #require(peer.firstUnset(in: asked) == model.first(false, in: asked), "seed \(seed)")
            try #require(peer.lastSet(in: asked) == model.last(true, in: asked), "seed \(seed)")
            try #require(peer.firstRun(in: asked) == model.runs(in: asked).first, "seed \(seed)")
            let cuts = model.cuts + [held.lowerBound, held.upperBound]
            let wanted = firstIndex(in: asked, cuts: cuts) { model[$0] && !held.contains($0) }
            try #require(peer.firstSet(in: asked, unsetIn: mine) == wanted, "seed \(seed)")
        }
        peer.removeAll()
        #expect(peer == RemoteBitfield())
    }
}
