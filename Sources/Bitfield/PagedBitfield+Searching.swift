extension PagedBitfield {
    /// How many bits are set.
    public var count: UInt64 { count(in: 0..<Self.maximumLength) }

    /// How many bits of the range are set.
    public func count(in range: Range<UInt64>) -> UInt64 {
        PageScan.count(in: Self.clamped(range), stretch: stretch)
    }

    /// How many bits are set without a gap from bit 0 on, which is also the lowest clear bit.
    public var contiguousLength: UInt64 { firstUnset() ?? Self.maximumLength }

    /// Whether every bit of the range is set.
    public func contains(_ range: Range<UInt64>) -> Bool {
        range.upperBound <= Self.maximumLength && firstUnset(in: range) == nil
    }

    /// The lowest bit of the range that is set.
    public func firstSet(in range: Range<UInt64> = 0..<maximumLength) -> UInt64? {
        PageScan.first(in: Self.clamped(range), stretch: stretch) { $0.firstSet(in: $1) }
    }

    /// The lowest bit of the range, below 2^53, that is clear.
    public func firstUnset(in range: Range<UInt64> = 0..<maximumLength) -> UInt64? {
        PageScan.first(in: Self.clamped(range), stretch: stretch) { $0.firstUnset(in: $1) }
    }

    /// The highest bit of the range that is set.
    public func lastSet(in range: Range<UInt64> = 0..<maximumLength) -> UInt64? {
        PageScan.last(in: Self.clamped(range), stretch: stretch) { $0.lastSet(in: $1) }
    }

    /// The highest bit of the range, below 2^53, that is clear.
    public func lastUnset(in range: Range<UInt64> = 0..<maximumLength) -> UInt64? {
        PageScan.last(in: Self.clamped(range), stretch: stretch) { $0.lastUnset(in: $1) }
    }

    /// The lowest bit of the range that is set here and clear in `other`.
    public func firstSet(in range: Range<UInt64>, unsetIn other: PagedBitfield) -> UInt64? {
        PageScan.first(in: Self.clamped(range), stretch: { stretch($0).joined(with: other.stretch($0)) }) {
            pair, bits in
            pair.0.firstSet(in: bits, unsetIn: pair.1)
        }
    }

    /// The lowest bit of the range that is set here and in `other`.
    public func firstSet(in range: Range<UInt64>, setIn other: PagedBitfield) -> UInt64? {
        PageScan.first(in: Self.clamped(range), stretch: { stretch($0).joined(with: other.stretch($0)) }) {
            pair, bits in
            pair.0.firstSet(in: bits, setIn: pair.1)
        }
    }

    /// The lowest run of set bits in the range, cut to it.
    public func firstRun(in range: Range<UInt64>) -> Range<UInt64>? {
        PageScan.firstRun(in: Self.clamped(range), stretch: stretch)
    }

    /// The runs of set bits in the range, ascending and cut to it.
    public func runs(in range: Range<UInt64> = 0..<maximumLength) -> SetRuns {
        SetRuns(bits: self, rest: Self.clamped(range))
    }

    /// `count` words of 32 bits from bit `start` on, least significant bit first (PROTOCOL §7, bitfield).
    ///
    /// - Precondition: `start` is a multiple of 32, and the last word ends at or below bit 2^53.
    public func words(from start: UInt64, count: Int) -> [UInt32] {
        Self.checkWindow(from: start, count: count)
        return PageScan.words(from: start, count: count, stretch: stretch)
    }

    static func checkWindow(from start: UInt64, count: Int) {
        precondition(start.isMultiple(of: 32), "a window of words cannot start at bit \(start)")
        let length = UInt64(count).multipliedReportingOverflow(by: 32)
        precondition(
            !length.overflow && start <= maximumLength && length.partialValue <= maximumLength - start,
            "\(count) words from bit \(start) on reach past bit 2^53")
    }

    static func clamped(_ range: Range<UInt64>) -> Range<UInt64> { range.clamped(to: 0..<maximumLength) }
}

/// The runs of set bits of a bitfield as it was when the sequence was made, ascending.
public struct SetRuns: Sequence, IteratorProtocol, Sendable {
    let bits: PagedBitfield
    var rest: Range<UInt64>

    public mutating func next() -> Range<UInt64>? {
        guard let run = bits.firstRun(in: rest) else { return nil }
        rest = run.upperBound..<rest.upperBound
        return run
    }
}
