/// A range of bits, cut at the borders of pages.
struct PageParts {
    /// Pages that the range covers in part, with the bits counted from the page's start: none, one or two.
    let partial: [(page: UInt64, bits: Range<Int>)]
    /// The pages that it covers whole.
    let whole: Range<UInt64>

    init(_ range: Range<UInt64>) {
        let size = PageScan.bitsPerPage
        let (lowPage, lowBit) = range.lowerBound.quotientAndRemainder(dividingBy: size)
        let (highPage, highBit) = range.upperBound.quotientAndRemainder(dividingBy: size)
        let firstWhole = lowBit == 0 ? lowPage : lowPage + 1
        guard firstWhole <= highPage else {
            partial = range.isEmpty ? [] : [(lowPage, Int(lowBit)..<Int(highBit))]
            whole = highPage..<highPage
            return
        }
        var partial: [(page: UInt64, bits: Range<Int>)] = []
        if lowBit > 0 { partial.append((lowPage, Int(lowBit)..<Int(size))) }
        if highBit > 0 { partial.append((highPage, 0..<Int(highBit))) }
        self.partial = partial
        whole = firstWhole..<highPage
    }

    /// All pages that it touches.
    var pages: Range<UInt64> {
        let first = partial.first.map { Swift.min($0.page, whole.isEmpty ? $0.page : whole.lowerBound) }
        let last = partial.last.map { Swift.max($0.page + 1, whole.isEmpty ? $0.page + 1 : whole.upperBound) }
        return (first ?? whole.lowerBound)..<(last ?? whole.upperBound)
    }
}
