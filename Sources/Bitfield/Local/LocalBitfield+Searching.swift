extension LocalBitfield {
    /// Whether a block is here. Below ``contiguousLength`` this reads nothing.
    public mutating func contains<Source: BitfieldPageSource & ~Escapable>(
        _ index: UInt64, reading source: Source
    ) throws(Source.Failure) -> Bool {
        if index < contiguousLength { return true }
        guard index < PagedBitfield.maximumLength else { return false }
        let (page, bit) = index.quotientAndRemainder(dividingBy: PageScan.bitsPerPage)
        if let stored = try storedPage(page, reading: source) { return stored[Int(bit)] }
        return index < baseLength
    }

    /// Whether every block of the range is here.
    public mutating func contains<Source: BitfieldPageSource & ~Escapable>(
        _ range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) -> Bool {
        guard range.upperBound <= PagedBitfield.maximumLength else { return false }
        return try firstUnset(in: range, reading: source) == nil
    }

    /// How many blocks of the range are here.
    public mutating func count<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) -> UInt64 {
        try PageScan.count(in: PagedBitfield.clamped(range)) { (page) throws(Source.Failure) in
            try stretchUp(page, reading: source)
        }
    }

    /// The lowest block of the range that is here.
    public mutating func firstSet<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) -> UInt64? {
        guard !range.isEmpty else { return nil }
        // As below: mostly no page is needed.
        if range.lowerBound < contiguousLength { return range.lowerBound }
        let page = range.lowerBound / PageScan.bitsPerPage
        if range.lowerBound >= baseLength, (range.upperBound - 1) / PageScan.bitsPerPage == page,
            try storedPage(page, reading: source) == nil
        {
            return nil
        }
        return try first(in: range, reading: source) { page, bits in page.firstSet(in: bits) }
    }

    /// The lowest block of the range, below 2^53, that is not here.
    public mutating func firstUnset<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) -> UInt64? {
        // What a download asks for every block that it wants, so the two cases that need no page come first.
        if range.contains(contiguousLength) { return contiguousLength }
        let start = max(range.lowerBound, contiguousLength)
        guard start < min(range.upperBound, PagedBitfield.maximumLength) else { return nil }
        if start >= baseLength, try storedPage(start / PageScan.bitsPerPage, reading: source) == nil { return start }
        return try first(in: start..<range.upperBound, reading: source) { page, bits in page.firstUnset(in: bits) }
    }

    /// The highest block of the range that is here.
    public mutating func lastSet<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) -> UInt64? {
        try last(in: range, reading: source) { page, bits in page.lastSet(in: bits) }
    }

    /// The highest block of the range, below 2^53, that is not here.
    public mutating func lastUnset<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) -> UInt64? {
        try last(in: range, reading: source) { page, bits in page.lastUnset(in: bits) }
    }

    /// The lowest run of blocks in the range that are here, cut to it. Where to go on is its end.
    public mutating func firstRun<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) -> Range<UInt64>? {
        try PageScan.firstRun(in: PagedBitfield.clamped(range)) { (page) throws(Source.Failure) in
            try stretchUp(page, reading: source)
        }
    }

    /// The lowest block of the range that is not here and that `peer` has.
    public mutating func firstUnset<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, availableFrom peer: RemoteBitfield, reading source: Source
    ) throws(Source.Failure) -> UInt64? {
        try PageScan.first(
            in: PagedBitfield.clamped(range),
            stretch: { (page) throws(Source.Failure) in
                try stretchUp(page, reading: source).joined(with: peer.stretch(page))
            },
            match: { pair, bits in pair.1.firstSet(in: bits, unsetIn: pair.0) })
    }

    /// `count` words of 32 blocks from block `start` on, least significant bit first (PROTOCOL §7, bitfield).
    ///
    /// - Precondition: `start` is a multiple of 32, and the last word ends at or below bit 2^53.
    public mutating func words<Source: BitfieldPageSource & ~Escapable>(
        from start: UInt64, count: Int, reading source: Source
    ) throws(Source.Failure) -> [UInt32] {
        PagedBitfield.checkWindow(from: start, count: count)
        return try PageScan.words(from: start, count: count) { (page) throws(Source.Failure) in
            try stretchUp(page, reading: source)
        }
    }

    private mutating func first<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, reading source: Source, _ match: (BitfieldPage, Range<Int>) -> Int?
    ) throws(Source.Failure) -> UInt64? {
        try PageScan.first(
            in: PagedBitfield.clamped(range),
            stretch: { (page) throws(Source.Failure) in try stretchUp(page, reading: source) }, match: match)
    }

    private mutating func last<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, reading source: Source, _ match: (BitfieldPage, Range<Int>) -> Int?
    ) throws(Source.Failure) -> UInt64? {
        try PageScan.last(
            in: PagedBitfield.clamped(range),
            stretch: { (page) throws(Source.Failure) in try stretchDown(page, reading: source) }, match: match)
    }
}
