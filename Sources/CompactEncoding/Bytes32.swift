/// Thirty-two bytes held in place: a hash, a key, a namespace.
///
/// A value type without an allocation of its own, because a log keeps two of them a block.
public struct Bytes32: Hashable, Sendable {
    // Eight-byte words in memory order, so that the bytes can be borrowed as they stand.
    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64)

    /// Thirty-two zero bytes.
    public static let zero = Bytes32()

    /// How many bytes there are.
    public static let byteCount = 32

    /// Creates thirty-two zero bytes.
    public init() {
        words = (0, 0, 0, 0)
    }

    /// Copies `bytes`, or returns `nil` where they are not thirty-two.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init()
        unsafe withUnsafeMutableBytes { target in
            // Nearly every collection of bytes is an array or a part of one, for which this is one copy.
            let isCopied: Void? = bytes.withContiguousStorageIfAvailable {
                unsafe target.copyMemory(from: UnsafeRawBufferPointer($0))
            }
            if isCopied == nil { unsafe target.copyBytes(from: bytes) }
        }
    }

    /// Copies `bytes`, or returns `nil` where they are not thirty-two.
    public init?(_ bytes: RawSpan) {
        guard bytes.byteCount == Self.byteCount else { return nil }
        self.init(unchecked: bytes)
    }

    /// Reads 64 hexadecimal digits of either case.
    public init?(hex: some StringProtocol) {
        guard let bytes = [UInt8](hex: hex) else { return nil }
        self.init(bytes)
    }

    /// Copies thirty-two bytes whose number the caller has checked.
    init(unchecked bytes: RawSpan) {
        words = (
            bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self),
            bytes.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self),
            bytes.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self),
            bytes.unsafeLoadUnaligned(fromByteOffset: 24, as: UInt64.self)
        )
    }

    public static func == (left: Bytes32, right: Bytes32) -> Bool {
        left.words == right.words
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

// MARK: - Access

extension Bytes32 {
    /// Calls `body` with the bytes, borrowed.
    @inlinable
    public func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeBytes { (bytes) throws(Failure) in try unsafe body(bytes.bytes) }
    }

    /// Calls `body` with the bytes.
    @inlinable
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe Swift.withUnsafeBytes(of: words, body)
    }

    /// Calls `body` with the bytes, to be written in place; what it leaves is the value.
    @inlinable
    public mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe Swift.withUnsafeMutableBytes(of: &words, body)
    }

    /// The bytes, copied.
    public var array: [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// The bytes as 64 lower-case hexadecimal digits.
    public var hex: String { array.hex }
}

extension Bytes32: Comparable {
    /// Orders bytewise, the first byte weighing most.
    public static func < (left: Bytes32, right: Bytes32) -> Bool {
        let left = left.words, right = right.words
        return (left.0.bigEndian, left.1.bigEndian, left.2.bigEndian, left.3.bigEndian)
            < (right.0.bigEndian, right.1.bigEndian, right.2.bigEndian, right.3.bigEndian)
    }
}

extension Bytes32: CustomStringConvertible {
    public var description: String { hex }
}
