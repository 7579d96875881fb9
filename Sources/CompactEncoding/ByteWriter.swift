/// Appends the wire primitives to a growing buffer, always in their shortest form (PROTOCOL §1).
///
/// ```swift
/// var writer = ByteWriter()
/// writer.string("hi")
/// writer.uint(42)
/// send(writer.bytes)
/// ```
public struct ByteWriter: Sendable {
    /// From this value on, a `lexint` needs more than one byte.
    static let lexintBase: UInt8 = 251

    /// What has been written.
    public private(set) var bytes: [UInt8]

    /// Creates a writer with room for `capacity` bytes; it grows by itself.
    public init(reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Creates a writer that goes on where `bytes` ends, and takes them over.
    ///
    /// Nothing is copied where the caller gives up its own reference first, as by swapping it for an empty array: so an
    /// owner of a long buffer can lend it out to be written to in place, and have it back by ``take()``.
    public init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    /// How many bytes have been written.
    public var count: Int { bytes.count }

    /// How many bytes ``uint(_:)`` writes for `value`: 1, 3, 5 or 9.
    public static func encodedLength(uint value: UInt64) -> Int {
        switch value {
        case ..<0xfd: 1
        case ...0xffff: 3
        case ...0xffff_ffff: 5
        default: 9
        }
    }

    /// Starts again empty and keeps the room that there is.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Hands over what has been written and starts again empty.
    public mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }
}

// MARK: - Integers

extension ByteWriter {
    /// Writes a variable-length unsigned integer.
    ///
    /// - Precondition: `value` is at most 2^53 - 1; a larger one would be refused by every receiver.
    public mutating func uint(_ value: UInt64) {
        precondition(value <= ByteReader.maximumInteger, "\(value) is above 2^53 - 1 and cannot be sent")
        switch Self.encodedLength(uint: value) {
        case 1:
            bytes.append(UInt8(value))
        case 3:
            bytes.append(0xfd)
            fixedWidth(value, 2)
        case 5:
            bytes.append(0xfe)
            fixedWidth(value, 4)
        default:
            bytes.append(0xff)
            fixedWidth(value, 8)
        }
    }

    /// Writes a signed integer in zig-zag form.
    ///
    /// - Precondition: `value` lies between -2^52 and 2^52 - 1.
    public mutating func int(_ value: Int64) {
        uint(UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    /// Writes one byte.
    public mutating func uint8(_ value: UInt8) { bytes.append(value) }

    /// Writes two bytes, little-endian.
    public mutating func uint16(_ value: UInt16) { fixedWidth(UInt64(value), 2) }

    /// Writes three bytes, little-endian.
    ///
    /// - Precondition: `value` is below 2^24.
    public mutating func uint24(_ value: UInt32) { narrow(UInt64(value), 3) }

    /// Writes four bytes, little-endian.
    public mutating func uint32(_ value: UInt32) { fixedWidth(UInt64(value), 4) }

    /// Writes five bytes, little-endian.
    ///
    /// - Precondition: `value` is below 2^40.
    public mutating func uint40(_ value: UInt64) { narrow(value, 5) }

    /// Writes six bytes, little-endian.
    ///
    /// - Precondition: `value` is below 2^48.
    public mutating func uint48(_ value: UInt64) { narrow(value, 6) }

    /// Writes seven bytes, little-endian.
    ///
    /// - Precondition: `value` is below 2^56.
    public mutating func uint56(_ value: UInt64) { narrow(value, 7) }

    /// Writes eight bytes, little-endian.
    public mutating func uint64(_ value: UInt64) { fixedWidth(value, 8) }

    /// Writes four bytes, big-endian.
    public mutating func uint32BigEndian(_ value: UInt32) { uint32(value.byteSwapped) }

    /// Writes eight bytes, big-endian.
    public mutating func uint64BigEndian(_ value: UInt64) { uint64(value.byteSwapped) }

    /// Writes a number so that encodings sort bytewise as the numbers do; see ``ByteReader/lexint()``.
    public mutating func lexint(_ value: UInt32) {
        guard value >= UInt32(Self.lexintBase) else { return bytes.append(UInt8(value)) }
        // The width is that of the number itself, and not of what is left of it less the base: the form of the vectors.
        let width = (UInt32.bitWidth - value.leadingZeroBitCount + 7) / 8
        bytes.append(Self.lexintBase + UInt8(width - 1))
        let payload = value - UInt32(Self.lexintBase)
        for position in (0..<width).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: payload >> (8 * UInt32(position))))
        }
    }

    /// Writes an IEEE 754 number in four bytes, little-endian.
    public mutating func float32(_ value: Float) { uint32(value.bitPattern) }

    /// Writes an IEEE 754 number in eight bytes, little-endian.
    public mutating func float64(_ value: Double) { uint64(value.bitPattern) }

    /// Writes 1 for true, 0 for false.
    public mutating func bool(_ value: Bool) { bytes.append(value ? 1 : 0) }

    private mutating func narrow(_ value: UInt64, _ width: Int) {
        precondition(value >> (8 * UInt64(width)) == 0, "\(value) does not fit in \(width) bytes")
        fixedWidth(value, width)
    }

    private mutating func fixedWidth(_ value: UInt64, _ width: Int) {
        unsafe withUnsafeBytes(of: value.littleEndian) { octets in
            unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: octets[..<width]))
        }
    }
}

// MARK: - Bytes, text, arrays

extension ByteWriter {
    /// Writes the bytes alone, without a length (PROTOCOL §1, `raw` and `fixed32`).
    public mutating func raw(_ source: some Sequence<UInt8>) { bytes.append(contentsOf: source) }

    /// Writes borrowed bytes alone, without a length.
    public mutating func raw(_ source: RawSpan) {
        unsafe source.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Writes a length and the bytes.
    public mutating func buffer(_ source: some Collection<UInt8>) {
        uint(UInt64(source.count))
        bytes.append(contentsOf: source)
    }

    /// Writes a length and the bytes.
    public mutating func buffer(_ source: [UInt8]) { buffer(source.span.bytes) }

    /// Writes a length and the bytes.
    public mutating func buffer(_ source: ArraySlice<UInt8>) { buffer(source.span.bytes) }

    /// Writes a length and borrowed bytes.
    public mutating func buffer(_ source: RawSpan) {
        uint(UInt64(source.byteCount))
        raw(source)
    }

    /// Writes a length and the bytes, or a length of 0 for `nil`.
    public mutating func optionalBuffer(_ source: [UInt8]?) { buffer(source ?? []) }

    /// Writes a length in bytes and the text as UTF-8.
    public mutating func string(_ text: String) { buffer(text.utf8) }

    /// Writes 32 bytes.
    public mutating func fixed32(_ value: Bytes32) {
        unsafe value.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Writes 64 bytes.
    public mutating func fixed64(_ value: Bytes64) {
        fixed32(value.low)
        fixed32(value.high)
    }

    /// Writes a count, and then each item with `write`.
    // Inlinable, so that it is compiled for each kind of item.
    @inlinable
    public mutating func array<Items: Collection>(_ items: Items, _ write: (inout ByteWriter, Items.Element) -> Void) {
        uint(UInt64(items.count))
        for item in items {
            write(&self, item)
        }
    }

    /// Writes a count of 32-bit words and the words, little-endian.
    public mutating func uint32Array(_ words: some Collection<UInt32>) {
        uint(UInt64(words.count))
        let isCopied: Void? =
            UInt32(1).littleEndian == 1
            ? words.withContiguousStorageIfAvailable {
                unsafe bytes.append(contentsOf: UnsafeRawBufferPointer($0))
            }
            : nil
        guard isCopied == nil else { return }
        for word in words {
            uint32(word)
        }
    }
}
