extension BitfieldPage {
    /// How many of the given bits are set.
    public func count(in bits: Range<Int>) -> Int {
        guard !isUniform, bits.count < Self.bitCount else { return isEmpty ? 0 : isFull ? bits.count : count }
        guard !bits.isEmpty else { return 0 }
        var count = 0
        for index in bits.lowerBound / 64...(bits.upperBound - 1) / 64 {
            count += (word(index) & Self.mask(bits, word: index)).nonzeroBitCount
        }
        return count
    }

    /// The lowest of the given bits that is set.
    public func firstSet(in bits: Range<Int>) -> Int? {
        isEmpty ? nil : first(in: bits) { word($0) }
    }

    /// The lowest of the given bits that is clear.
    public func firstUnset(in bits: Range<Int>) -> Int? {
        isFull ? nil : first(in: bits) { ~word($0) }
    }

    /// The highest of the given bits that is set.
    public func lastSet(in bits: Range<Int>) -> Int? {
        isEmpty ? nil : last(in: bits) { word($0) }
    }

    /// The highest of the given bits that is clear.
    public func lastUnset(in bits: Range<Int>) -> Int? {
        isFull ? nil : last(in: bits) { ~word($0) }
    }

    /// The lowest of the given bits that is set here and clear in `other`.
    public func firstSet(in bits: Range<Int>, unsetIn other: BitfieldPage) -> Int? {
        isEmpty || other.isFull ? nil : first(in: bits) { word($0) & ~other.word($0) }
    }

    /// The lowest of the given bits that is set here and in `other`.
    public func firstSet(in bits: Range<Int>, setIn other: BitfieldPage) -> Int? {
        isEmpty || other.isEmpty ? nil : first(in: bits) { word($0) & other.word($0) }
    }

    /// The lowest of the given bits that is set in what `word` makes of the words.
    @inline(__always)
    private func first(in bits: Range<Int>, _ word: (Int) -> UInt64) -> Int? {
        guard !bits.isEmpty else { return nil }
        let last = (bits.upperBound - 1) / 64
        var index = bits.lowerBound / 64
        var found = word(index) & (.max << UInt64(bits.lowerBound % 64))
        while found == 0, index < last {
            index += 1
            found = word(index)
        }
        let bit = index * 64 + found.trailingZeroBitCount
        return found != 0 && bit < bits.upperBound ? bit : nil
    }

    /// The highest of the given bits that is set in what `word` makes of the words.
    @inline(__always)
    private func last(in bits: Range<Int>, _ word: (Int) -> UInt64) -> Int? {
        guard !bits.isEmpty else { return nil }
        let first = bits.lowerBound / 64
        var index = (bits.upperBound - 1) / 64
        var found = word(index) & (.max >> UInt64(63 - (bits.upperBound - 1) % 64))
        while found == 0, index > first {
            index -= 1
            found = word(index)
        }
        let bit = index * 64 + 63 - found.leadingZeroBitCount
        return found != 0 && bit >= bits.lowerBound ? bit : nil
    }
}
