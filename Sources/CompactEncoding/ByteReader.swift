/// A bounds-checked cursor over borrowed bytes that reads the wire primitives without copying them.
///
/// A read either returns the value and moves past it, or throws a ``CompactDecodingError`` that names the offset of the
/// value and leaves the cursor before it. Bytes that are left over are not an error: that is how the protocol grows
/// (PROTOCOL §1).
///
/// ```swift
/// let frame: [UInt8] = [0x02, 0x68, 0x69, 0x2a]
/// var reader = ByteReader(frame.span.bytes)
/// let greeting = try reader.string()  // "hi"
/// let answer = try reader.uint()      // 42
/// ```
public struct ByteReader: ~Escapable {
    /// The largest number of items that an array may have (PROTOCOL §1).
    public static let maximumArrayCount: UInt64 = 1_048_576

    /// The largest integer that a sender may use: 2^53 - 1.
    public static let maximumInteger: UInt64 = (1 << 53) - 1

    @usableFromInline let bytes: RawSpan

    @usableFromInline var position: Int

    /// Where the next read begins, in bytes from the start of what is read.
    @inlinable
    public var offset: Int { position }

    /// Creates a reader that stands before the first byte of `bytes`.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
        position = 0
    }

    /// How many bytes have not been read.
    @inlinable
    public var remaining: Int { bytes.byteCount - offset }

    /// Whether everything has been read.
    public var isAtEnd: Bool { remaining == 0 }
}

// MARK: - Integers

extension ByteReader {
    /// Reads a variable-length unsigned integer of one to nine bytes, in any of its forms (PROTOCOL §1).
    ///
    /// - Throws: `.truncated`; `.integerTooLarge` for a value above 2^53 - 1, which no sender uses.
    public mutating func uint() throws(CompactDecodingError) -> UInt64 {
        let start = offset
        let first = try uint8()
        // Nearly all integers of the protocol are below 253.
        return first < 0xfd ? UInt64(first) : try wideInteger(first, from: start)
    }

    private mutating func wideInteger(_ first: UInt8, from start: Int) throws(CompactDecodingError) -> UInt64 {
        let width = 2 << Int(first - 0xfd)
        guard width <= remaining else {
            position = start
            throw CompactDecodingError(.truncated(needed: UInt64(1 + width), available: remaining), offset: start)
        }
        let value = try fixedWidth(width)
        guard value <= Self.maximumInteger else {
            position = start
            throw CompactDecodingError(.integerTooLarge(value), offset: start)
        }
        return value
    }

    /// Reads a zig-zag coded signed integer (PROTOCOL §1).
    public mutating func int() throws(CompactDecodingError) -> Int64 {
        let zigzag = try uint()
        let magnitude = Int64(zigzag >> 1)
        return zigzag & 1 == 0 ? magnitude : -magnitude - 1
    }

    /// Reads one byte.
    public mutating func uint8() throws(CompactDecodingError) -> UInt8 {
        UInt8(truncatingIfNeeded: try fixedWidth(1))
    }

    /// Reads two bytes, little-endian.
    public mutating func uint16() throws(CompactDecodingError) -> UInt16 {
        UInt16(truncatingIfNeeded: try fixedWidth(2))
    }

    /// Reads three bytes, little-endian.
    public mutating func uint24() throws(CompactDecodingError) -> UInt32 {
        UInt32(truncatingIfNeeded: try fixedWidth(3))
    }

    /// Reads four bytes, little-endian.
    public mutating func uint32() throws(CompactDecodingError) -> UInt32 {
        UInt32(truncatingIfNeeded: try fixedWidth(4))
    }

    /// Reads five bytes, little-endian.
    public mutating func uint40() throws(CompactDecodingError) -> UInt64 { try fixedWidth(5) }

    /// Reads six bytes, little-endian.
    public mutating func uint48() throws(CompactDecodingError) -> UInt64 { try fixedWidth(6) }

    /// Reads seven bytes, little-endian.
    public mutating func uint56() throws(CompactDecodingError) -> UInt64 { try fixedWidth(7) }

    /// Reads eight bytes, little-endian; every bit pattern is accepted.
    public mutating func uint64() throws(CompactDecodingError) -> UInt64 { try fixedWidth(8) }

    /// Reads four bytes, big-endian.
    public mutating func uint32BigEndian() throws(CompactDecodingError) -> UInt32 { try uint32().byteSwapped }

    /// Reads eight bytes, big-endian.
    public mutating func uint64BigEndian() throws(CompactDecodingError) -> UInt64 { try uint64().byteSwapped }

    /// Reads a number whose encodings sort bytewise as the numbers do (PROTOCOL §1, `lexint`).
    ///
    /// Up to 250 the byte is the number. From 251 on the first byte says how many big-endian bytes follow (251: one,
    /// 254: four), and these hold the number less 251.
    ///
    /// - Throws: `.truncated`; `.integerTooLarge` above 32 bits, which nothing sends.
    public mutating func lexint() throws(CompactDecodingError) -> UInt32 {
        let start = offset
        let first = try uint8()
        guard first >= ByteWriter.lexintBase else { return UInt32(first) }
        var value: UInt64 = 0
        let width = UInt64(first - ByteWriter.lexintBase) + 1
        guard width <= 4, width <= UInt64(remaining) else {
            position = start
            throw width > 4
                ? CompactDecodingError(.integerTooLarge(UInt64(first)), offset: start)
                : CompactDecodingError(.truncated(needed: 1 + width, available: remaining), offset: start)
        }
        for _ in 0..<width {
            value = value << 8 | UInt64(try uint8())
        }
        guard let number = UInt32(exactly: value + UInt64(ByteWriter.lexintBase)) else {
            position = start
            throw CompactDecodingError(.integerTooLarge(value), offset: start)
        }
        return number
    }

    /// Reads four bytes as an IEEE 754 number, little-endian.
    public mutating func float32() throws(CompactDecodingError) -> Float { Float(bitPattern: try uint32()) }

    /// Reads eight bytes as an IEEE 754 number, little-endian.
    public mutating func float64() throws(CompactDecodingError) -> Double { Double(bitPattern: try uint64()) }

    /// Reads one byte; only 1 is true (PROTOCOL §1).
    public mutating func bool() throws(CompactDecodingError) -> Bool { try uint8() == 1 }

    /// Reads `width` bytes (1...8) as one little-endian integer.
    @inline(__always)
    private mutating func fixedWidth(_ width: Int) throws(CompactDecodingError) -> UInt64 {
        let start = try take(UInt64(width)).lowerBound
        switch width {
        case 1: return UInt64(bytes.unsafeLoad(fromByteOffset: start, as: UInt8.self))
        case 2: return UInt64(UInt16(littleEndian: load(start)))
        case 4: return UInt64(UInt32(littleEndian: load(start)))
        case 8: return UInt64(littleEndian: load(start))
        default:
            return (0..<width).reduce(0) { value, position in
                value | UInt64(bytes.unsafeLoad(fromByteOffset: start + position, as: UInt8.self)) << (8 * position)
            }
        }
    }

    /// Loads an integer that lies in bounds, wherever it is aligned.
    @inline(__always)
    private func load<Integer: FixedWidthInteger & BitwiseCopyable>(_ start: Int) -> Integer {
        bytes.unsafeLoadUnaligned(fromByteOffset: start, as: Integer.self)
    }
}

// MARK: - Bytes and text

extension ByteReader {
    /// Borrows the next `count` bytes.
    @_lifetime(copy self)
    public mutating func raw(count: Int) throws(CompactDecodingError) -> RawSpan {
        precondition(count >= 0, "a count of bytes cannot be negative")
        return bytes.extracting(try take(UInt64(count)))
    }

    /// Borrows everything that has not been read (PROTOCOL §1, `raw`).
    @_lifetime(copy self)
    public mutating func rest() -> RawSpan {
        let start = offset
        position = bytes.byteCount
        return bytes.extracting(start..<bytes.byteCount)
    }

    /// Borrows a length-prefixed run of bytes. Length 0 is an empty run, never "none" (PROTOCOL §1).
    @_lifetime(copy self)
    public mutating func buffer() throws(CompactDecodingError) -> RawSpan {
        bytes.extracting(try bufferRange())
    }

    /// Where a length-prefixed run of bytes lies, for a caller that owns them and would rather slice than copy.
    public mutating func bufferRange() throws(CompactDecodingError) -> Range<Int> {
        let start = offset
        let length = try uint()
        let prefix = offset - start
        guard length <= UInt64(remaining) else {
            position = start
            throw CompactDecodingError(
                .truncated(needed: UInt64(prefix) + length, available: remaining), offset: start)
        }
        return try take(length)
    }

    /// Copies a length-prefixed run of bytes; `nil` where the length is 0 (PROTOCOL §1, `optionalBuffer`).
    public mutating func optionalBuffer() throws(CompactDecodingError) -> [UInt8]? {
        let range = try bufferRange()
        return range.isEmpty ? nil : [UInt8](copying: bytes.extracting(range))
    }

    /// Reads a length-prefixed UTF-8 text.
    public mutating func string() throws(CompactDecodingError) -> String {
        let start = offset
        let range = try bufferRange()
        let text = unsafe bytes.extracting(range).withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else {
            position = start
            throw CompactDecodingError(.invalidUTF8, offset: start)
        }
        return text
    }

    /// Reads 32 bytes: a key, a hash, a namespace.
    public mutating func fixed32() throws(CompactDecodingError) -> Bytes32 {
        let range = try take(32)
        return Bytes32(unchecked: bytes.extracting(range))
    }

    /// Reads 64 bytes: a signature, a handshake hash.
    public mutating func fixed64() throws(CompactDecodingError) -> Bytes64 {
        let range = try take(64)
        let middle = range.lowerBound + 32
        return Bytes64(
            low: Bytes32(unchecked: bytes.extracting(range.lowerBound..<middle)),
            high: Bytes32(unchecked: bytes.extracting(middle..<range.upperBound)))
    }
}

// MARK: - Arrays

extension ByteReader {
    /// Reads a count and then that many items with `item`.
    ///
    /// The result is never sized by the count alone: it grows with the items that are really there.
    ///
    /// - Throws: `.tooManyItems` above ``maximumArrayCount``; whatever `item` throws, with the offset of that item.
    // Inlinable, so that it is compiled for each kind of item.
    @inlinable
    public mutating func array<Item>(
        _ item: (inout ByteReader) throws(CompactDecodingError) -> Item
    ) throws(CompactDecodingError) -> [Item] {
        let start = offset
        let count = try arrayCount()
        var items: [Item] = []
        items.reserveCapacity(Swift.min(count, remaining, Self.itemsExpected))
        do throws(CompactDecodingError) {
            for _ in 0..<count {
                items.append(try item(&self))
            }
        } catch {
            position = start
            throw error
        }
        return items
    }

    /// Reads a count of 32-bit words and the words, little-endian (PROTOCOL §1, `uint32array`).
    public mutating func uint32Array() throws(CompactDecodingError) -> [UInt32] {
        let start = offset
        let count = try arrayCount()
        let prefix = offset - start
        guard 4 * count <= remaining else {
            position = start
            throw CompactDecodingError(
                .truncated(needed: UInt64(prefix + 4 * count), available: remaining), offset: start)
        }
        let range = try take(UInt64(4 * count))
        return [UInt32](unsafeUninitializedCapacity: count) { words, initializedCount in
            for position in 0..<count {
                words.initializeElement(
                    at: position, to: UInt32(littleEndian: load(range.lowerBound + 4 * position)))
            }
            initializedCount = count
        }
    }

    /// How many items memory is taken for before any of them is read.
    @usableFromInline static var itemsExpected: Int { 1024 }

    @usableFromInline
    mutating func arrayCount() throws(CompactDecodingError) -> Int {
        let start = offset
        let count = try uint()
        guard count <= Self.maximumArrayCount else {
            position = start
            throw CompactDecodingError(.tooManyItems(count), offset: start)
        }
        return Int(count)
    }

    /// Moves past `count` bytes and returns where they lie.
    @inline(__always)
    private mutating func take(_ count: UInt64) throws(CompactDecodingError) -> Range<Int> {
        let start = offset
        guard count <= UInt64(remaining) else {
            throw CompactDecodingError(.truncated(needed: count, available: remaining), offset: start)
        }
        position += Int(count)
        return start..<offset
    }
}
