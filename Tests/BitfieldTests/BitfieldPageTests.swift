import Bitfield
import TestSupport
import Testing

@Suite struct BitfieldPageTests {
    /// The edges at which words and pages meet.
    static let edges = [0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 32_703, 32_704, 32_767, 32_768]

    @Test func everyRangeBetweenEdgesIsSetAndClearedExactly() {
        for low in Self.edges {
            for high in Self.edges where high >= low {
                var page = BitfieldPage.empty
                page.set(low..<high)
                #expect(page.count == high - low)
                #expect(page.firstSet(in: 0..<32_768) == (low < high ? low : nil))
                #expect(page.lastSet(in: 0..<32_768) == (low < high ? high - 1 : nil))
                #expect(page.firstUnset(in: low..<32_768) == (high < 32_768 ? high : nil))
                #expect(page.lastUnset(in: 0..<high) == (low > 0 ? low - 1 : nil))

                var hole = BitfieldPage.full
                hole.clear(low..<high)
                #expect(hole.count == 32_768 - (high - low))
                #expect(hole.firstUnset(in: 0..<32_768) == (low < high ? low : nil))
                #expect(hole.count(in: low..<high) == 0)

                hole.formUnion(page)
                #expect(hole == .full)
            }
        }
    }

    @Test func aPageThatBecomesUniformHoldsNoWords() {
        var page = BitfieldPage.empty
        page.set(0..<32_767)
        #expect(!page.isUniform)
        page.set(32_767..<32_768)
        #expect(page == .full && page.isUniform)
        page.clear(0..<1)
        #expect(!page.isUniform)
        page.clear(1..<32_768)
        #expect(page == .empty && page.isUniform)
    }

    @Test func theStoredFormIsReadBack() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20 {
            let bytes = generator.bytes(BitfieldPage.byteCount)
            let page = try #require(read(bytes))
            #expect(page.bytes == bytes)
            for bit in Self.edges.dropLast() {
                #expect(page[bit] == (bytes[bit / 8] >> UInt8(bit % 8) & 1 == 1))
            }
        }
        for uniform in [BitfieldPage.empty, .full] {
            #expect(read(uniform.bytes) == uniform)
        }
        #expect(read([UInt8](repeating: 0, count: 4_095)) == nil)
        #expect(read([UInt8](repeating: 0, count: 4_097)) == nil)
    }

    private func read(_ bytes: [UInt8]) -> BitfieldPage? { BitfieldPage(bytes: bytes.span.bytes) }

    @Test func wordsReplaceBothSetAndClearBits() {
        var page = BitfieldPage.full
        page.replace(from: 1, with: [0x8000_0001])
        #expect(page.count == 32_768 - 30)
        #expect(page[31] && page[32] && !page[33] && !page[62] && page[63] && page[64])
        page.replace(from: 0, with: [UInt32](repeating: 0, count: 1_024))
        #expect(page == .empty)
    }
}
