/// A sparse bitfield of up to 2^53 bits in memory.
///
/// It holds the pages that are neither all clear nor all set, 4 KiB each, and one small entry for any number of all-set
/// pages in a row. Finding a page takes a binary search among these; a page that appears in the middle moves the
/// entries above it, so filling a field of many thousands of mixed pages from the end is slow.
///
/// Asking about bits past 2^53 is allowed: they are clear. Setting them is a programmer's error; a range that comes from a
/// peer goes through ``range(start:length:)`` first.
public struct PagedBitfield: Equatable, Sendable {
    /// No bit from here on can be set: 2^53.
    public static let maximumLength: UInt64 = 1 << 53

    /// Pages that are not all clear.
    private struct Segment: Equatable, Sendable {
        var page: BitfieldPage
        /// More than one page only where they are full.
        var pages: Range<UInt64>
    }

    /// Ascending and disjoint. No page of them is empty, and no two full ones are adjacent.
    private var segments: [Segment] = []

    /// Creates a bitfield with no bit set.
    public init() {}

    /// The range of `length` bits from `start` on.
    ///
    /// - Throws: `.outOfRange` where it does not end at or below ``maximumLength``. No sum overflows.
    public static func range(start: UInt64, length: UInt64) throws(BitfieldError) -> Range<UInt64> {
        guard start <= maximumLength, length <= maximumLength - start else {
            throw BitfieldError(.outOfRange(start: start, length: length))
        }
        return start..<start + length
    }

    /// Whether no bit is set.
    public var isEmpty: Bool { segments.isEmpty }

    /// How many entries are held: mixed pages, and runs of full ones. Each takes at most 4.2 KiB.
    public var segmentCount: Int { segments.count }

    /// How many pages hold words of their own, 4 KiB each.
    public var mixedPageCount: Int { segments.reduce(0) { $0 + ($1.page.isUniform ? 0 : 1) } }
}

// MARK: - Changing

extension PagedBitfield {
    /// Sets one bit, below 2^53.
    public mutating func set(_ index: UInt64) {
        precondition(index < Self.maximumLength, "bit \(index) lies past bit 2^53")
        set(index..<index + 1)
    }

    /// Sets a range of bits, ending at or below 2^53.
    public mutating func set(_ range: Range<UInt64>) {
        precondition(range.upperBound <= Self.maximumLength, "bits \(range) reach past bit 2^53")
        let parts = PageParts(range)
        if let head = parts.head { change(head.page) { $0.set(head.bits) } }
        if !parts.whole.isEmpty { put(.full, over: parts.whole) }
        if let tail = parts.tail { change(tail.page) { $0.set(tail.bits) } }
    }

    /// Clears one bit.
    public mutating func clear(_ index: UInt64) {
        if self[index] { clear(index..<index + 1) }
    }

    /// Clears a range of bits; what lies past 2^53 is clear anyway.
    public mutating func clear(_ range: Range<UInt64>) {
        let parts = PageParts(range.clamped(to: 0..<Self.maximumLength))
        if let head = parts.head { change(head.page) { $0.clear(head.bits) } }
        if !parts.whole.isEmpty { put(.empty, over: parts.whole) }
        if let tail = parts.tail { change(tail.page) { $0.clear(tail.bits) } }
    }

    /// Clears every bit from `length` on.
    public mutating func truncate(to length: UInt64) {
        if length < Self.maximumLength { clear(length..<Self.maximumLength) }
    }

    /// Replaces 32 bits for each word, from bit `start` on, least significant bit first (PROTOCOL §7, bitfield).
    ///
    /// - Throws: `.misaligned` where `start` is no multiple of 32, `.outOfRange` past 2^53; then nothing has changed.
    public mutating func load(_ words: [UInt32], at start: UInt64) throws(BitfieldError) {
        guard start.isMultiple(of: 32) else { throw BitfieldError(.misaligned(start: start)) }
        let range = try Self.range(start: start, length: UInt64(words.count) * 32)
        var rest = words[...]
        for index in PageParts.pages(of: range) {
            let bits = PageScan.bits(of: index, in: range)
            change(index) { $0.replace(from: bits.lowerBound / 32, with: rest.prefix(bits.count / 32)) }
            rest = rest.dropFirst(bits.count / 32)
        }
    }

    /// Sets every bit that is set in `other`.
    public mutating func formUnion(_ other: PagedBitfield) {
        for segment in other.segments {
            if segment.page.isFull {
                put(.full, over: segment.pages)
            } else {
                change(segment.pages.lowerBound) { $0.formUnion(segment.page) }
            }
        }
    }

    /// The bits of page `index`, that is from bit 32,768 × `index` on.
    public func page(at index: UInt64) -> BitfieldPage { stretch(index).content }

    /// Replaces the bits of page `index`, below 2^38.
    public mutating func setPage(_ page: BitfieldPage, at index: UInt64) {
        precondition(index < Self.maximumLength / PageScan.bitsPerPage, "page \(index) lies past bit 2^53")
        put(page, over: index..<index + 1)
    }
}

// MARK: - Segments

extension PagedBitfield {
    /// The stretch of alike pages around page `index`.
    func stretch(_ index: UInt64) -> PageStretch<BitfieldPage> {
        let next = segmentIndex(endingAfter: index)
        if next < segments.count, segments[next].pages.contains(index) {
            return PageStretch(content: segments[next].page, pages: segments[next].pages)
        }
        let start = next > 0 ? segments[next - 1].pages.upperBound : 0
        let end = next < segments.count ? segments[next].pages.lowerBound : UInt64.max / PageScan.bitsPerPage
        return PageStretch(content: .empty, pages: start..<end)
    }

    /// Whether a bit is set.
    public subscript(index: UInt64) -> Bool {
        let (page, bit) = index.quotientAndRemainder(dividingBy: PageScan.bitsPerPage)
        let next = segmentIndex(endingAfter: page)
        return next < segments.count && segments[next].pages.lowerBound <= page && segments[next].page[Int(bit)]
    }

    /// The first segment that does not end at or before page `index`.
    private func segmentIndex(endingAfter index: UInt64) -> Int {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = low + (high - low) / 2
            if segments[middle].pages.upperBound <= index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Changes one page, in place where it has words and keeps them.
    private mutating func change(_ index: UInt64, _ body: (inout BitfieldPage) -> Void) {
        let position = segmentIndex(endingAfter: index)
        if position < segments.count, segments[position].pages == index..<index + 1, !segments[position].page.isUniform
        {
            body(&segments[position].page)
            if segments[position].page.isUniform { put(segments[position].page, over: index..<index + 1) }
            return
        }
        var page = stretch(index).content
        body(&page)
        put(page, over: index..<index + 1)
    }

    /// Replaces whole pages: one, or many that become uniform.
    private mutating func put(_ page: BitfieldPage, over pages: Range<UInt64>) {
        var low = segmentIndex(endingAfter: pages.lowerBound)
        var high = low
        while high < segments.count, segments[high].pages.lowerBound < pages.upperBound { high += 1 }

        // What sticks out at the ends can only be of full runs.
        var pages = pages
        var left: [Segment] = []
        var right: [Segment] = []
        if low < high, segments[low].pages.lowerBound < pages.lowerBound {
            left = [Segment(page: .full, pages: segments[low].pages.lowerBound..<pages.lowerBound)]
        } else if low > 0, page.isFull, segments[low - 1].page.isFull,
            segments[low - 1].pages.upperBound == pages.lowerBound
        {
            low -= 1
            left = [segments[low]]
        }
        if low < high, segments[high - 1].pages.upperBound > pages.upperBound {
            right = [Segment(page: .full, pages: pages.upperBound..<segments[high - 1].pages.upperBound)]
        } else if page.isFull, high < segments.count, segments[high].page.isFull,
            segments[high].pages.lowerBound == pages.upperBound
        {
            right = [segments[high]]
            high += 1
        }
        if page.isFull {
            pages = (left.first ?? Segment(page: page, pages: pages)).pages.lowerBound..<pages.upperBound
            pages = pages.lowerBound..<(right.first ?? Segment(page: page, pages: pages)).pages.upperBound
            segments.replaceSubrange(low..<high, with: CollectionOfOne(Segment(page: page, pages: pages)))
        } else {
            let middle = page.isEmpty ? [] : [Segment(page: page, pages: pages)]
            segments.replaceSubrange(low..<high, with: left + middle + right)
        }
    }
}
