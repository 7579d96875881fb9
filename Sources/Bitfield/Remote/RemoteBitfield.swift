/// What a peer has said that it holds of a core (PROTOCOL §7, "What a peer has").
///
/// A block is available if it lies below the peer's contiguous length *or* its bit is set. The two are kept apart on
/// purpose: after a peer has dropped block 10 of a contiguous hundred, the blocks above it are unknown, not known.
///
/// Everything here comes from the peer, so each change is checked, and the memory it can make us hold is bounded by
/// ``segmentLimit``. A change that the bound forbids throws, and errs by knowing less: never is a block taken for
/// available that the peer said it has not.
public struct RemoteBitfield: Equatable, Sendable {
    /// By default 1,024 pages of scattered bits, 4 MiB: every other block of a log of 33 million.
    public static let defaultSegmentLimit = 1_024

    /// All blocks below are available.
    public private(set) var contiguousLength: UInt64 = 0

    /// How many mixed pages, and runs of full ones, may be held; see ``PagedBitfield/segmentCount``.
    public let segmentLimit: Int

    /// The bits that the peer has announced one by one or in ranges not from 0 on.
    private var bits = PagedBitfield()

    /// Creates the bitfield of a peer that has said nothing yet.
    public init(segmentLimit: Int = defaultSegmentLimit) {
        precondition(segmentLimit >= 2, "a limit of \(segmentLimit) segments holds nothing")
        self.segmentLimit = segmentLimit
    }

    /// How many mixed pages, and runs of full ones, are held.
    public var segmentCount: Int { bits.segmentCount }
}

// MARK: - What the peer says

extension RemoteBitfield {
    /// The peer has the blocks of a range (PROTOCOL §7, message 8). From 0 on, it only raises the contiguous length.
    ///
    /// - Throws: `.outOfRange`; `.tooManyPages`. Then nothing has changed.
    public mutating func have(start: UInt64, length: UInt64) throws(BitfieldError) {
        let range = try PagedBitfield.range(start: start, length: length)
        if start == 0 {
            contiguousLength = max(contiguousLength, length)
        } else {
            try change(adding: 3) { bits in bits.set(range) }
        }
    }

    /// The peer has dropped the blocks of a range (PROTOCOL §7, message 8 with the drop flag).
    ///
    /// - Throws: `.outOfRange`, and then nothing has changed. `.tooManyPages`: the blocks are dropped, and with them is
    ///   forgotten that the peer has any from the start of their page on.
    public mutating func drop(start: UInt64, length: UInt64) throws(BitfieldError) {
        let range = try PagedBitfield.range(start: start, length: length)
        contiguousLength = min(contiguousLength, start)
        do {
            try change(adding: 3) { bits in bits.clear(range) }
        } catch {
            bits.truncate(to: start - start % UInt64(BitfieldPage.bitCount))
            throw error
        }
    }

    /// The peer has exactly these blocks of a window (PROTOCOL §7, message 7).
    ///
    /// - Throws: `.outOfRange`, and then nothing has changed. `.misaligned`: no bits were set, but a contiguous length
    ///   above `start` has been lowered. `.tooManyPages`: the same, and nothing is known of the window any more.
    public mutating func load(_ words: [UInt32], at start: UInt64) throws(BitfieldError) {
        let range = try PagedBitfield.range(start: start, length: UInt64(words.count) * 32)
        contiguousLength = min(contiguousLength, start)
        guard start.isMultiple(of: 32) else { throw BitfieldError(.misaligned(start: start)) }
        do {
            try change(adding: PageParts.pages(of: range).count + 2) { (bits) throws(BitfieldError) in
                try bits.load(words, at: start)
            }
        } catch {
            bits.truncate(to: start - start % UInt64(BitfieldPage.bitCount))
            throw error
        }
    }

    /// The peer has nothing from `length` on, as after a truncation.
    public mutating func truncate(to length: UInt64) {
        contiguousLength = min(contiguousLength, length)
        bits.truncate(to: length)
    }

    /// Forgets everything, as when the peer has moved to another fork.
    public mutating func removeAll() {
        self = RemoteBitfield(segmentLimit: segmentLimit)
    }

    /// Applies a change that adds at most `growth` segments, unless the limit forbids the result.
    private mutating func change(
        adding growth: Int, _ body: (inout PagedBitfield) throws(BitfieldError) -> Void
    ) throws(BitfieldError) {
        guard bits.segmentCount + growth > segmentLimit else { return try body(&bits) }
        var changed = bits
        try body(&changed)
        guard changed.segmentCount <= segmentLimit else { throw BitfieldError(.tooManyPages(limit: segmentLimit)) }
        bits = changed
    }
}

// MARK: - What it has

extension RemoteBitfield {
    /// Whether a block is available from the peer.
    public subscript(index: UInt64) -> Bool { index < contiguousLength || bits[index] }

    /// How many blocks of the range are available.
    public func count(in range: Range<UInt64>) -> UInt64 {
        PageScan.count(in: PagedBitfield.clamped(range), stretch: stretch)
    }

    /// Whether every block of the range is available.
    public func contains(_ range: Range<UInt64>) -> Bool {
        range.upperBound <= PagedBitfield.maximumLength && firstUnset(in: range) == nil
    }

    /// The lowest block of the range that is available.
    public func firstSet(in range: Range<UInt64>) -> UInt64? {
        PageScan.first(in: PagedBitfield.clamped(range), stretch: stretch) { $0.firstSet(in: $1) }
    }

    /// The lowest block of the range, below 2^53, that is not known to be available.
    public func firstUnset(in range: Range<UInt64>) -> UInt64? {
        PageScan.first(in: PagedBitfield.clamped(range), stretch: stretch) { $0.firstUnset(in: $1) }
    }

    /// The highest block of the range that is available.
    public func lastSet(in range: Range<UInt64>) -> UInt64? {
        PageScan.last(in: PagedBitfield.clamped(range), stretch: stretch) { $0.lastSet(in: $1) }
    }

    /// The lowest block of the range that is available here and clear in `other`: missing, or not yet asked for.
    public func firstSet(in range: Range<UInt64>, unsetIn other: PagedBitfield) -> UInt64? {
        PageScan.first(
            in: PagedBitfield.clamped(range), stretch: { stretch($0).joined(with: other.stretch($0)) }
        ) { pair, bits in pair.0.firstSet(in: bits, unsetIn: pair.1) }
    }

    /// The lowest run of available blocks in the range, cut to it.
    public func firstRun(in range: Range<UInt64>) -> Range<UInt64>? {
        PageScan.firstRun(in: PagedBitfield.clamped(range), stretch: stretch)
    }

    /// The pages below the contiguous length are full, the one that it ends in is full up to it, whatever the bits say.
    func stretch(_ index: UInt64) -> PageStretch<BitfieldPage> {
        let (edge, bit) = contiguousLength.quotientAndRemainder(dividingBy: PageScan.bitsPerPage)
        if index < edge { return PageStretch(content: .full, pages: 0..<edge) }
        var stretch = bits.stretch(index)
        if index == edge, bit > 0 {
            stretch.content.set(0..<Int(bit))
            stretch.pages = index..<index + 1
        } else {
            let start = bit > 0 ? edge + 1 : edge
            stretch.pages = max(stretch.pages.lowerBound, start)..<stretch.pages.upperBound
        }
        return stretch
    }
}
