public import CompactEncoding

/// Asks to be told what the other side has in a window of blocks, or takes that back (PROTOCOL §7, messages 5 and 6).
///
/// What a window may be (PROTOCOL §7, Wants) is not checked here: one that is not valid has a meaning of its own.
public struct WantMessage: Hashable, Sendable {
    private static let anyFlag: UInt64 = 1

    /// The window's first block.
    public var start: UInt64
    /// How many blocks it has.
    public var length: UInt64
    /// Whether one block of the window is enough to be told of.
    public var isAny: Bool

    /// Creates a message.
    public init(start: UInt64, length: UInt64, isAny: Bool = false) {
        self.start = start
        self.length = length
        self.isAny = isAny
    }

    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        start = try reader.uint()
        length = try reader.uint()
        let flags = reader.isAtEnd ? 0 : try reader.uint()
        isAny = flags & Self.anyFlag != 0
    }

    /// Appends the message's body; without flags where there are none.
    public func encode(into writer: inout ByteWriter) {
        writer.uint(start)
        writer.uint(length)
        if isAny { writer.uint(Self.anyFlag) }
    }
}
