import Bitfield
import TestSupport
import Testing

@Suite struct PagedBitfieldTests {
    private static let length: UInt64 = 5 * 32_768 + 77

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func answersAsAnArrayOfBooleansDoes(seed: UInt64) throws {
        var source = RangeSource(seed: seed, length: Self.length)
        var field = PagedBitfield()
        var model = BitModel(length: Self.length)
        for step in 0..<150 {
            let range = source.range()
            switch source.next(upTo: 8) {
            case 0...2:
                field.set(range)
                model.set(range, to: true)
            case 3, 4:
                field.clear(range)
                model.set(range, to: false)
            case 5:
                let start = range.lowerBound / 32 * 32
                let room = Int((Self.length - start) / 32)
                let words = (0..<min(room, Int(source.next(upTo: 60)))).map { _ in source.word() }
                try field.load(words, at: start)
                for (index, word) in words.enumerated() {
                    let position = start + UInt64(32 * index)
                    for (bits, value) in runs(of: word) {
                        model.set(position + bits.lowerBound..<position + bits.upperBound, to: value)
                    }
                }
            case 6 where step % 5 == 0:
                field.truncate(to: range.lowerBound)
                model.set(range.lowerBound..<Self.length, to: false)
            default:
                field.set(range.lowerBound)
                model.set(range.lowerBound..<range.lowerBound + 1, to: true)
                if range.lowerBound == Self.length { field.clear(range.lowerBound) }
            }
            let asked = source.range()
            try #require(field.count(in: asked) == model.count(in: asked), "seed \(seed), step \(step)")
            try #require(field.firstSet(in: asked) == model.first(true, in: asked), "seed \(seed), step \(step)")
            try #require(field.firstUnset(in: asked) == model.first(false, in: asked), "seed \(seed), step \(step)")
            try #require(field.lastSet(in: asked) == model.last(true, in: asked), "seed \(seed), step \(step)")
            try #require(field.lastUnset(in: asked) == model.last(false, in: asked), "seed \(seed), step \(step)")
            try #require(field.contains(asked) == (model.first(false, in: asked) == nil), "seed \(seed), step \(step)")
        }
        let whole = 0..<Self.length
        #expect(field.count == model.count(in: whole), "seed \(seed)")
        #expect(Array(field.runs()) == model.runs(in: whole), "seed \(seed)")
        #expect(field.words(from: 32, count: 150) == model.words(from: 32, count: 150), "seed \(seed)")
        #expect(field.words(from: 32_736, count: 9) == model.words(from: 32_736, count: 9), "seed \(seed)")
    }

    private func runs(of word: UInt32) -> [(Range<UInt64>, Bool)] {
        if word == 0 || word == .max { return [(0..<32, word == .max)] }
        var model = BitModel(length: 32)
        for bit in 0..<UInt64(32) where word >> UInt32(bit) & 1 == 1 { model.set(bit..<bit + 1, to: true) }
        return model.runs(in: 0..<32).map { ($0, true) } + model.runs(in: 0..<32, of: false).map { ($0, false) }
    }

    @Test(arguments: [21, 22, 23, 24] as [UInt64])
    func theOrderOfChangesLeavesNoTrace(seed: UInt64) throws {
        // Two ways to the same bits must end in the same segments: this is what catches runs left unmerged.
        var source = RangeSource(seed: seed, length: Self.length)
        var field = PagedBitfield()
        for _ in 0..<60 {
            let range = source.range()
            if source.next(upTo: 3) > 0 { field.set(range) } else { field.clear(range) }
        }
        var rebuilt = PagedBitfield()
        for run in field.runs() { rebuilt.set(run) }
        #expect(rebuilt == field, "seed \(seed)")
        var united = rebuilt
        united.formUnion(field)
        #expect(united == field, "seed \(seed)")
        for index in 0..<UInt64(7) {
            var page = field.page(at: index)
            #expect(page == rebuilt.page(at: index), "seed \(seed)")
            page.set(5..<6)
            rebuilt.setPage(page, at: index)
            #expect(rebuilt[index * 32_768 + 5], "seed \(seed)")
        }
    }

    @Test(arguments: [31, 32, 33] as [UInt64])
    func twoFieldsAreSearchedTogether(seed: UInt64) throws {
        var source = RangeSource(seed: seed, length: Self.length)
        var fields = [PagedBitfield(), PagedBitfield()]
        var models = [BitModel(length: Self.length), BitModel(length: Self.length)]
        for _ in 0..<80 {
            let which = Int(source.next(upTo: 2))
            let range = source.range()
            let value = source.next(upTo: 3) > 0
            if value { fields[which].set(range) } else { fields[which].clear(range) }
            models[which].set(range, to: value)
            let asked = source.range()
            let cuts = models[0].cuts + models[1].cuts
            let without = firstIndex(in: asked, cuts: cuts) { models[0][$0] && !models[1][$0] }
            let with = firstIndex(in: asked, cuts: cuts) { models[0][$0] && models[1][$0] }
            try #require(fields[0].firstSet(in: asked, unsetIn: fields[1]) == without, "seed \(seed)")
            try #require(fields[0].firstSet(in: asked, setIn: fields[1]) == with, "seed \(seed)")
        }
        var union = fields[0]
        union.formUnion(fields[1])
        for run in models[1].runs(in: 0..<Self.length) { models[0].set(run, to: true) }
        #expect(Array(union.runs()) == models[0].runs(in: 0..<Self.length), "seed \(seed)")
    }

    @Test func aMillionBlocksEveryOtherOneHereAreCheap() throws {
        var field = PagedBitfield()
        try field.load([UInt32](repeating: 0x5555_5555, count: 31_250), at: 0)
        #expect(field.count == 500_000)
        #expect(field.mixedPageCount == 31)
        #expect(field.firstUnset(in: 500_000..<1_000_000) == 500_001)
        var others = PagedBitfield()
        try others.load([UInt32](repeating: 0xaaaa_aaaa, count: 31_250), at: 0)
        field.formUnion(others)
        #expect(field.contains(0..<1_000_000))
        #expect(field.segmentCount == 2 && field.mixedPageCount == 1)
    }

    @Test func aPageThatLosesItsLastBitIsLetGo() {
        var field = PagedBitfield()
        for index in [0, 100_000, 200_000] as [UInt64] { field.set(index) }
        #expect(field.segmentCount == 3)
        for index in [100_000, 0, 200_000] as [UInt64] { field.clear(index) }
        #expect(field.isEmpty && field.segmentCount == 0 && field == PagedBitfield())
    }

    @Test func theWholeRangeOfBitsIsOneEntry() {
        let end = PagedBitfield.maximumLength
        var field = PagedBitfield()
        field.set(0..<end)
        #expect(field.segmentCount == 1 && field.count == end && field.contiguousLength == end)
        #expect(field.firstUnset() == nil && field.lastSet() == end - 1)
        field.clear(1 << 40)
        #expect(field.contiguousLength == 1 << 40 && field.lastUnset() == 1 << 40)
        #expect(field.segmentCount == 3 && field.mixedPageCount == 1)
        field.truncate(to: 10)
        #expect(field.count == 10 && field.segmentCount == 1)
        field.set(end - 1)
        #expect(field.lastSet() == end - 1 && field.firstSet(in: 10..<end) == end - 1)
        #expect(Array(field.runs()) == [0..<10, end - 1..<end])
    }

    @Test func bitsPastTheEndAreClear() {
        var field = PagedBitfield()
        field.set(0..<PagedBitfield.maximumLength)
        #expect(!field[PagedBitfield.maximumLength] && !field[.max])
        #expect(!field.contains(0..<PagedBitfield.maximumLength + 1))
        #expect(field.count(in: PagedBitfield.maximumLength..<UInt64.max) == 0)
        #expect(field.firstSet(in: PagedBitfield.maximumLength..<UInt64.max) == nil)
        field.clear(0..<UInt64.max)
        field.truncate(to: .max)
        #expect(field.isEmpty)
    }

    @Test func rangesThatOverflowAreRefused() throws {
        let end = PagedBitfield.maximumLength
        #expect(try PagedBitfield.range(start: end, length: 0) == end..<end)
        #expect(try PagedBitfield.range(start: 0, length: end) == 0..<end)
        for (start, length) in [(end, 1), (1, end), (.max, .max), (.max, 1), (1, .max), (end + 1, 0)] {
            #expect(throws: BitfieldError.self) { try PagedBitfield.range(start: start, length: length) }
        }
    }

    @Test func windowsOfWordsAreRefusedWhereTheyDoNotFit() {
        var field = PagedBitfield()
        field.set(3..<9)
        let before = field
        for start: UInt64 in [1, 31, 33, .max, PagedBitfield.maximumLength, PagedBitfield.maximumLength - 32] {
            #expect(throws: BitfieldError.self) { try field.load([1, 2], at: start) }
        }
        #expect(field == before)
    }

    @Test func emptyRangesChangeNothing() throws {
        var field = PagedBitfield()
        for index in [0, 5, 32_768, 40_000] as [UInt64] {
            field.set(index..<index)
            field.clear(index..<index)
            #expect(field.firstSet(in: index..<index) == nil && field.contains(index..<index))
        }
        try field.load([], at: 64)
        #expect(field.isEmpty && field.segmentCount == 0)
    }
}
