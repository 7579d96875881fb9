import Bitfield
import TestSupport
import Testing

/// Stored pages, as a store would hold them, that counts what is read of it.
final class StoredPages: BitfieldPageSource {
    struct ReadFailed: Error {}

    var pages: [UInt64: BitfieldPage] = [:]
    var reads = 0
    var isBroken = false

    func page(at index: UInt64) throws(ReadFailed) -> BitfieldPage? {
        if isBroken { throw ReadFailed() }
        reads += 1
        return pages[index]
    }

    func firstPage(from index: UInt64) throws(ReadFailed) -> UInt64? {
        if isBroken { throw ReadFailed() }
        return pages.keys.filter { $0 >= index }.min()
    }

    func lastPage(before index: UInt64) throws(ReadFailed) -> UInt64? {
        if isBroken { throw ReadFailed() }
        return pages.keys.filter { $0 < index }.max()
    }

    func apply(_ changes: [(index: UInt64, page: BitfieldPage?)]) {
        for change in changes { pages[change.index] = change.page }
    }
}

@Suite struct LocalBitfieldTests {
    private static let length: UInt64 = 5 * 32_768 + 77

    @Test func openingAContiguousCoreReadsNothing() throws {
        let stored = StoredPages()
        var field = LocalBitfield(baseLength: 1_000_000, contiguousLength: 1_000_000)
        #expect(try field.contains(0..<1_000_000, reading: stored))
        #expect(try field.firstUnset(in: 0..<999_999, reading: stored) == nil)
        #expect(try field.count(in: 0..<900_000, reading: stored) == 900_000)
        #expect(field.loadedPageCount <= 1 && stored.reads <= 1)
    }

    @Test func appendingToAContiguousCoreStoresNoPage() throws {
        let stored = StoredPages()
        var field = LocalBitfield()
        for length in stride(from: UInt64(0), to: 70_000, by: 35) {
            try field.set(length..<length + 35, reading: stored)
        }
        #expect(field.contiguousLength == 70_000 && field.baseLength == 70_000)
        #expect(field.changes(since: 0).isEmpty)
    }

    @Test func aDiscardedPageIsEmptyWithoutBeingRead() throws {
        for contiguous in [0, 40_000, 3 * 32_768, 150_000] as [UInt64] {
            let stored = StoredPages()
            var field = LocalBitfield(baseLength: 200_000, contiguousLength: contiguous)
            stored.isBroken = true
            field.discardPage(3)
            #expect(field.contiguousLength == min(contiguous, 3 * 32_768))
            #expect(field.changes(since: 0).map(\.index) == [3] && field.changes(since: 0)[0].page == .empty)
            stored.isBroken = false
            let page: Range<UInt64> = 3 * 32_768..<4 * 32_768
            #expect(try field.count(in: page, reading: stored) == 0)
            try field.set(page, reading: stored)
            #expect(try field.contains(page, reading: stored))
            // Above the page all is here, so what was contiguous up to it is contiguous across it.
            #expect(field.contiguousLength == (contiguous < 3 * 32_768 ? contiguous : 200_000))
        }
    }

    @Test func aHoleIsOnePage() throws {
        let stored = StoredPages()
        var field = LocalBitfield(baseLength: 1_000_000, contiguousLength: 1_000_000)
        try field.clear(500_000..<500_001, reading: stored)
        #expect(field.contiguousLength == 500_000 && field.baseLength == 1_000_000)
        #expect(field.changes(since: 0).map(\.index) == [15])
        #expect(try field.lastSet(in: 0..<1 << 53, reading: stored) == 999_999)
        #expect(try field.firstRun(in: 500_000..<1 << 53, reading: stored) == 500_001..<1_000_000)

        stored.apply(field.changes(since: 0))
        field.stored(upTo: field.revision)
        try field.set(500_000..<500_001, reading: stored)
        #expect(field.contiguousLength == 1_000_000)
        #expect(field.changes(since: 0).map(\.page) == [nil])
    }

    @Test func pagesThatBecomeContiguousAreNoLongerStored() throws {
        let stored = StoredPages()
        var field = LocalBitfield()
        for page in (1..<4 as Range<UInt64>).reversed() {
            try field.set(page * 32_768..<(page + 1) * 32_768, reading: stored)
        }
        stored.apply(field.changes(since: 0))
        field.stored(upTo: field.revision)
        #expect(stored.pages.count == 3)
        let revision = field.revision
        try field.set(0..<32_768, reading: stored)
        stored.apply(field.changes(since: revision))
        #expect(stored.pages.isEmpty)
        #expect(field.contiguousLength == 4 * 32_768 && field.baseLength == 4 * 32_768)
    }

    @Test func unchangedPagesInMemoryAreBounded() throws {
        let stored = StoredPages()
        for page in 0..<UInt64(100) { stored.pages[page] = BitfieldPage(scattered: page) }
        var field = LocalBitfield(cachedPageLimit: 8)
        for page in 0..<UInt64(100) {
            #expect(try field.contains(page * 32_768 + page, reading: stored))
        }
        #expect(field.loadedPageCount == 8)
        let reads = stored.reads
        #expect(try field.contains(99 * 32_768 + 99, reading: stored))
        #expect(stored.reads == reads)
    }

    @Test func changedPagesStayUntilTheyAreStored() throws {
        let stored = StoredPages()
        var field = LocalBitfield(cachedPageLimit: 2)
        for page in 0..<UInt64(10) { try field.set(page * 32_768 + 5..<page * 32_768 + 6, reading: stored) }
        #expect(field.changedPageCount == 10 && field.loadedPageCount >= 10)
        let first = field.revision
        try field.set(9..<10, reading: stored)
        stored.apply(field.changes(since: 0).filter { $0.index > 0 })
        field.stored(upTo: first)
        #expect(field.changedPageCount == 1 && field.loadedPageCount <= 3)
        #expect(field.changes(since: first).map(\.index) == [0])
        #expect(try field.count(in: 0..<Self.length, reading: stored) == 7)
    }

    @Test func aFailingReadLeavesEverythingAsItWas() throws {
        let stored = StoredPages()
        var field = LocalBitfield()
        try field.set(40_000..<40_010, reading: stored)
        let revision = field.revision
        stored.isBroken = true
        #expect(throws: StoredPages.ReadFailed.self) { try field.set(0..<200_000, reading: stored) }
        #expect(throws: StoredPages.ReadFailed.self) { try field.clear(0..<200_000, reading: stored) }
        stored.isBroken = false
        #expect(field.revision == revision && field.contiguousLength == 0 && field.baseLength == 0)
        #expect(try field.firstRun(in: 0..<1 << 53, reading: stored) == 40_000..<40_010)
    }

    @Test(arguments: [51, 52, 53, 54, 55, 56] as [UInt64])
    func answersAsAnArrayOfBooleansDoesWhileItIsStoredAndReopened(seed: UInt64) throws {
        var source = RangeSource(seed: seed, length: Self.length)
        let stored = StoredPages()
        var field = LocalBitfield(cachedPageLimit: 2)
        var model = BitModel(length: Self.length)
        var storedRevision: UInt64 = 0
        for step in 0..<150 {
            let range = source.range()
            switch source.next(upTo: 8) {
            case 0...2:
                try field.set(range, reading: stored)
                model.set(range, to: true)
            case 3:
                let end = model.first(false, in: model.range) ?? Self.length
                let next = end..<min(end + UInt64(range.count), Self.length)
                try field.set(next, reading: stored)
                model.set(next, to: true)
            case 4:
                try field.clear(range, reading: stored)
                model.set(range, to: false)
            case 5 where step % 4 == 0:
                try field.truncate(to: range.upperBound, reading: stored)
                model.set(range.upperBound..<Self.length, to: false)
            case 6:
                stored.apply(field.changes(since: storedRevision))
                storedRevision = field.revision
                field.stored(upTo: storedRevision)
            case 7:
                stored.apply(field.changes(since: storedRevision))
                field = LocalBitfield(
                    baseLength: field.baseLength, contiguousLength: field.contiguousLength, cachedPageLimit: 2)
                storedRevision = 0
            default: break
            }
            let asked = source.range()
            let place: Comment = "seed \(seed), step \(step)"
            try #require(field.contiguousLength == model.first(false, in: model.range) ?? Self.length, place)
            try #require(try field.count(in: asked, reading: stored) == model.count(in: asked), place)
            try #require(try field.firstSet(in: asked, reading: stored) == model.first(true, in: asked), place)
            try #require(try field.firstUnset(in: asked, reading: stored) == model.first(false, in: asked), place)
            try #require(try field.lastSet(in: asked, reading: stored) == model.last(true, in: asked), place)
            try #require(try field.lastUnset(in: asked, reading: stored) == model.last(false, in: asked), place)
            try #require(try field.firstRun(in: asked, reading: stored) == model.runs(in: asked).first, place)
            if asked.lowerBound < Self.length {
                let here = model[asked.lowerBound]
                try #require(try field.contains(asked.lowerBound, reading: stored) == here, place)
            }
            let window = asked.lowerBound / 32 * 32
            let words = try field.words(from: window, count: 5, reading: stored)
            try #require(words == model.words(from: window, count: 5), place)

            var peer = RemoteBitfield()
            let offered = source.range()
            try peer.have(start: 0, length: offered.lowerBound / 2)
            try peer.have(start: max(offered.lowerBound, 1), length: UInt64(offered.count))
            let cuts = model.cuts + [peer.contiguousLength, max(offered.lowerBound, 1), offered.upperBound]
            let missing = firstIndex(in: asked, cuts: cuts + [offered.upperBound + 1]) { !model[$0] && peer[$0] }
            let found = try field.firstUnset(in: asked, availableFrom: peer, reading: stored)
            try #require(found == missing, place)
        }
    }

    @Test func hugeCoresAreSearchedByStretches() throws {
        let stored = StoredPages()
        let end = PagedBitfield.maximumLength
        var field = LocalBitfield(baseLength: end, contiguousLength: end)
        try field.clear(1 << 50..<(1 << 50) + 1, reading: stored)
        #expect(try field.firstUnset(in: 0..<end, reading: stored) == 1 << 50)
        #expect(try field.lastUnset(in: 0..<end, reading: stored) == 1 << 50)
        #expect(try field.count(in: 0..<end, reading: stored) == end - 1)
        try field.truncate(to: 100, reading: stored)
        #expect(try field.count(in: 0..<end, reading: stored) == 100)
        #expect(field.baseLength == 100 && field.contiguousLength == 100)
        #expect(field.changes(since: 0).map(\.page) == [nil])
    }
}

extension BitfieldPage {
    fileprivate init(scattered page: UInt64) {
        self = .empty
        set(Int(page)..<Int(page) + 1)
    }
}
