public import CompactEncoding

/// Says that the sender has a run of blocks, or has dropped it (PROTOCOL §7, message 8).
public struct RangeMessage: Hashable, Sendable {
    private struct Flags: OptionSet {
        let rawValue: UInt64
        static let drop = Flags(rawValue: 1)
        static let single = Flags(rawValue: 2)
    }

    /// Whether the blocks are gone.
    public var isDrop: Bool
    /// The run's first block.
    public var start: UInt64
    /// How many blocks it has.
    public var length: UInt64

    /// Creates a message.
    public init(isDrop: Bool = false, start: UInt64, length: UInt64) {
        self.isDrop = isDrop
        self.start = start
        self.length = length
    }

    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        let flags = Flags(rawValue: try reader.uint())
        isDrop = flags.contains(.drop)
        start = try reader.uint()
        length = flags.contains(.single) ? 1 : try reader.uint()
    }

    /// Appends the message's body.
    public func encode(into writer: inout ByteWriter) {
        var flags: Flags = []
        if isDrop { flags.insert(.drop) }
        if length == 1 { flags.insert(.single) }
        writer.uint(flags.rawValue)
        writer.uint(start)
        if length != 1 { writer.uint(length) }
    }
}
