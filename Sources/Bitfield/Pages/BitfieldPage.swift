/// 32,768 bits: the unit in which a bitfield is held, searched and stored.
///
/// A page of 4 KiB is one page of memory or disk; an overwritten bit costs one small record; and 64 of them make the
/// window of 2,097,152 blocks that peers ask each other about (PROTOCOL §7). Pages that are all clear or all set hold no
/// words.
public struct BitfieldPage: Equatable, Sendable {
    /// How many bits a page has.
    public static let bitCount = 32_768
    /// How many 64-bit words a page has.
    public static let wordCount = bitCount / 64
    /// How many bytes a page has.
    public static let byteCount = bitCount / 8

    /// All bits clear.
    public static let empty = BitfieldPage(words: [], count: 0)
    /// All bits set.
    public static let full = BitfieldPage(words: [], count: bitCount)

    /// How many bits are set. It stands first so that pages of different counts are told apart without their words.
    public private(set) var count: Int
    /// Bit i is bit i mod 64 of word ⌊i/64⌋. Empty exactly where `count` says everything.
    private var words: [UInt64]

    private init(words: [UInt64], count: Int) {
        self.words = words
        self.count = count
    }

    /// Whether no bit is set.
    public var isEmpty: Bool { count == 0 }
    /// Whether every bit is set.
    public var isFull: Bool { count == Self.bitCount }
    /// Whether all bits are alike.
    public var isUniform: Bool { words.isEmpty }

    /// Whether bit `bit`, 0..<32,768, is set.
    public subscript(bit: Int) -> Bool {
        precondition(bit >= 0 && bit < Self.bitCount, "a page has no bit \(bit)")
        return word(bit / 64) >> UInt64(bit % 64) & 1 == 1
    }

    /// Word `index`, 0..<512: bit b of it is bit 64 × `index` + b of the page.
    @inline(__always)
    func word(_ index: Int) -> UInt64 {
        words.isEmpty ? (count == 0 ? 0 : .max) : words[index]
    }
}

// MARK: - Changing

extension BitfieldPage {
    /// Sets bits, within 0..<32,768.
    public mutating func set(_ bits: Range<Int>) {
        change(bits) { word, mask in word | mask }
    }

    /// Clears bits, within 0..<32,768.
    public mutating func clear(_ bits: Range<Int>) {
        change(bits) { word, mask in word & ~mask }
    }

    /// Replaces bits by those of 32-bit words, least significant bit first, from bit 32 × `index` on.
    public mutating func replace(from index: Int, with newWords: some Collection<UInt32>) {
        let end = index + newWords.count
        precondition(index >= 0 && end <= 2 * Self.wordCount, "a page has no 32-bit words \(index)..<\(end)")
        spread()
        var position = index
        for newWord in newWords {
            let shift = UInt64(position % 2 * 32)
            let kept = words[position / 2] & ~(0xffff_ffff << shift)
            words[position / 2] = kept | UInt64(newWord) << shift
            position += 1
        }
        recount()
    }

    /// Sets every bit that is set in `other`.
    public mutating func formUnion(_ other: BitfieldPage) {
        guard !isFull, !other.isEmpty else { return }
        guard !other.isFull, !isEmpty else { return self = other }
        for index in words.indices {
            words[index] |= other.words[index]
        }
        recount()
    }

    @inline(__always)
    private mutating func change(_ bits: Range<Int>, _ changed: (UInt64, UInt64) -> UInt64) {
        precondition(bits.lowerBound >= 0 && bits.upperBound <= Self.bitCount, "a page has no bits \(bits)")
        guard !bits.isEmpty else { return }
        if changed(isUniform ? word(0) : 0, .max) == word(0), isUniform { return }
        spread()
        for index in bits.lowerBound / 64...(bits.upperBound - 1) / 64 {
            let old = words[index]
            let new = changed(old, Self.mask(bits, word: index))
            words[index] = new
            count += new.nonzeroBitCount - old.nonzeroBitCount
        }
        gather()
    }

    /// Gives a uniform page words of its own.
    private mutating func spread() {
        if isUniform { words = Array(repeating: word(0), count: Self.wordCount) }
    }

    private mutating func recount() {
        count = words.reduce(0) { $0 + $1.nonzeroBitCount }
        gather()
    }

    /// Lets the words of a page go that has become uniform.
    private mutating func gather() {
        if isEmpty || isFull { words = [] }
    }

    /// The bits of `bits` that lie in word `index`.
    @inline(__always)
    static func mask(_ bits: Range<Int>, word index: Int) -> UInt64 {
        let low = Swift.max(bits.lowerBound - index * 64, 0)
        let high = Swift.min(bits.upperBound - index * 64, 64)
        guard low < high else { return 0 }
        return (.max >> UInt64(64 - (high - low))) << UInt64(low)
    }
}

// MARK: - Stored form

extension BitfieldPage {
    /// Reads a page of 4,096 bytes, or returns `nil` where there are not so many. Bit i is bit i mod 8 of byte ⌊i/8⌋.
    public init?(bytes: RawSpan) {
        guard bytes.byteCount == Self.byteCount else { return nil }
        words = (0..<Self.wordCount).map { index in
            UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        count = 0
        recount()
    }

    /// The page as 4,096 bytes, in the form that ``init(bytes:)`` reads.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for index in 0..<Self.wordCount {
            let word = word(index)
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }
}
