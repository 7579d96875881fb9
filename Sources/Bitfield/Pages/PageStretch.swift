/// Pages in a row that look alike: one page of any content, or many that are all clear or all set.
///
/// Every search below goes from stretch to stretch, so a field of 2^53 bits costs what its mixed pages cost.
struct PageStretch<Content> {
    var content: Content
    /// The pages, by their indices. More than one only where the content is uniform.
    var pages: Range<UInt64>
}

extension PageStretch where Content == BitfieldPage {
    /// Both contents where the two stretches overlap.
    func joined(with other: PageStretch) -> PageStretch<(BitfieldPage, BitfieldPage)> {
        PageStretch<(BitfieldPage, BitfieldPage)>(
            content: (content, other.content), pages: pages.clamped(to: other.pages))
    }
}

/// The searches that all bitfields share. Each takes a function that returns the stretch around a page.
enum PageScan {
    static let bitsPerPage = UInt64(BitfieldPage.bitCount)

    /// The lowest bit of `range` that `match` finds in a page.
    ///
    /// What `match` finds in a uniform page must not depend on which bits it is asked about.
    static func first<Content, Failure: Error>(
        in range: Range<UInt64>,
        stretch: (UInt64) throws(Failure) -> PageStretch<Content>,
        match: (Content, Range<Int>) -> Int?
    ) throws(Failure) -> UInt64? {
        var position = range.lowerBound
        while position < range.upperBound {
            let page = position / bitsPerPage
            let stretch = try stretch(page)
            if let bit = match(stretch.content, bits(of: page, in: position..<range.upperBound)) {
                return page * bitsPerPage + UInt64(bit)
            }
            position = stretch.pages.upperBound * bitsPerPage
        }
        return nil
    }

    /// The highest bit of `range` that `match` finds in a page; see `first`.
    static func last<Content, Failure: Error>(
        in range: Range<UInt64>,
        stretch: (UInt64) throws(Failure) -> PageStretch<Content>,
        match: (Content, Range<Int>) -> Int?
    ) throws(Failure) -> UInt64? {
        var end = range.upperBound
        while end > range.lowerBound {
            let page = (end - 1) / bitsPerPage
            let stretch = try stretch(page)
            if let bit = match(stretch.content, bits(of: page, in: range.lowerBound..<end)) {
                return page * bitsPerPage + UInt64(bit)
            }
            end = stretch.pages.lowerBound * bitsPerPage
        }
        return nil
    }

    /// How many bits of `range` are set.
    static func count<Failure: Error>(
        in range: Range<UInt64>, stretch: (UInt64) throws(Failure) -> PageStretch<BitfieldPage>
    ) throws(Failure) -> UInt64 {
        var count: UInt64 = 0
        var position = range.lowerBound
        while position < range.upperBound {
            let page = position / bitsPerPage
            let stretch = try stretch(page)
            let end = min(stretch.pages.upperBound * bitsPerPage, range.upperBound)
            if stretch.content.isUniform {
                count += stretch.content.isFull ? end - position : 0
            } else {
                count += UInt64(stretch.content.count(in: bits(of: page, in: position..<end)))
            }
            position = end
        }
        return count
    }

    /// The lowest run of set bits in `range`, cut to it.
    static func firstRun<Failure: Error>(
        in range: Range<UInt64>, stretch: (UInt64) throws(Failure) -> PageStretch<BitfieldPage>
    ) throws(Failure) -> Range<UInt64>? {
        guard let start = try first(in: range, stretch: stretch, match: { $0.firstSet(in: $1) }) else { return nil }
        let rest = start..<range.upperBound
        let end = try first(in: rest, stretch: stretch, match: { $0.firstUnset(in: $1) })
        return start..<(end ?? range.upperBound)
    }

    /// `count` 32-bit words from bit `start` on, least significant bit first.
    static func words<Failure: Error>(
        from start: UInt64, count: Int, stretch: (UInt64) throws(Failure) -> PageStretch<BitfieldPage>
    ) throws(Failure) -> [UInt32] {
        var words: [UInt32] = []
        words.reserveCapacity(count)
        var position = start / 32
        while words.count < count {
            let wordsPerPage = bitsPerPage / 32
            let page = try stretch(position / wordsPerPage).content
            let first = Int(position % wordsPerPage)
            let part = min(Int(wordsPerPage) - first, count - words.count)
            for index in first..<first + part {
                words.append(UInt32(truncatingIfNeeded: page.word(index / 2) >> UInt64(index % 2 * 32)))
            }
            position += UInt64(part)
        }
        return words
    }

    /// The bits of `range` that lie in page `page`, counted from its start.
    static func bits(of page: UInt64, in range: Range<UInt64>) -> Range<Int> {
        let start = page * bitsPerPage
        let part = range.clamped(to: start..<start + bitsPerPage)
        return Int(part.lowerBound - start)..<Int(part.upperBound - start)
    }
}
