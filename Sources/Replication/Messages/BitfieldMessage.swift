public import CompactEncoding
import Manifest

/// Says block by block what the sender has (PROTOCOL §7, message 7).
public struct BitfieldMessage: Hashable, Sendable {
    /// The block of the first bit. It must be a multiple of 32; the bits of another count for nothing.
    public var start: UInt64
    /// The bits, least significant first: block `start + i` is bit `i mod 32` of word `i / 32`.
    public var words: [UInt32]

    /// Creates a message.
    public init(start: UInt64, words: [UInt32]) {
        self.start = start
        self.words = words
    }

    /// Whether ``start`` is a multiple of 32, so that the bits count.
    public var isAligned: Bool { start.isMultiple(of: 32) }

    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        start = try reader.uint()
        words = try reader.array(atMost: MessageLimits.bitfieldWords, "words of a bitfield") {
            (reader) throws(CompactDecodingError) in try reader.uint32()
        }
    }

    /// Appends the message's body.
    public func encode(into writer: inout ByteWriter) {
        writer.uint(start)
        writer.uint32Array(words)
    }
}
