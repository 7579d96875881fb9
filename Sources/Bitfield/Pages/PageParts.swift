/// A range of bits, cut at the borders of pages.
struct PageParts {
    /// A page that the range covers in part, with the bits counted from the page's start.
    struct Partial {
        let page: UInt64
        let bits: Range<Int>
    }

    /// Where the range begins within a page; or all of it, where it also ends within that page.
    let head: Partial?
    /// The pages that it covers whole.
    let whole: Range<UInt64>
    /// Where it ends within a page, unless that is the head's.
    let tail: Partial?

    init(_ range: Range<UInt64>) {
        let size = PageScan.bitsPerPage
        let (lowPage, lowBit) = range.lowerBound.quotientAndRemainder(dividingBy: size)
        let (highPage, highBit) = range.upperBound.quotientAndRemainder(dividingBy: size)
        let firstWhole = lowBit == 0 ? lowPage : lowPage + 1
        guard firstWhole <= highPage else {
            head = range.isEmpty ? nil : Partial(page: lowPage, bits: Int(lowBit)..<Int(highBit))
            whole = highPage..<highPage
            tail = nil
            return
        }
        head = lowBit > 0 ? Partial(page: lowPage, bits: Int(lowBit)..<Int(size)) : nil
        whole = firstWhole..<highPage
        tail = highBit > 0 ? Partial(page: highPage, bits: 0..<Int(highBit)) : nil
    }

    /// The pages that a range touches.
    static func pages(of range: Range<UInt64>) -> Range<UInt64> {
        let size = PageScan.bitsPerPage
        let first = range.lowerBound / size
        return first..<(range.isEmpty ? first : (range.upperBound - 1) / size + 1)
    }
}
