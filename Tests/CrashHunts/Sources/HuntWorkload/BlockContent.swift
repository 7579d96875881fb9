import CompactEncoding

/// What a block of a hunt says of itself: which operation wrote it, and which part of that it is.
///
/// ```text
/// "hunt" ‖ u64 operation ‖ u32 part ‖ u32 parts ‖ filler
/// ```
///
/// Length and filler follow from the seed and the rest, so a block that was found can be told from any other, and a single
/// wrong bit in it is seen.
public struct BlockContent: Hashable, Sendable {
    /// What wrote the block.
    public let operation: OperationID
    /// Which of the operation's blocks it is, over all logs that it changed.
    public let part: UInt32
    /// How many blocks the operation wrote, all or none.
    public let parts: UInt32

    public init(operation: OperationID, part: UInt32, parts: UInt32) {
        self.operation = operation
        self.part = part
        self.parts = parts
    }
}

extension BlockContent {
    private static let magic = Array("hunt".utf8)
    private static let headerByteCount = 20

    /// The block's bytes.
    public func bytes(seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed, operation.rawValue, UInt64(part))
        let byteCount = Self.byteCount(using: &random)
        var writer = ByteWriter(reservingCapacity: byteCount + 8)
        writer.raw(Self.magic)
        writer.uint64(operation.rawValue)
        writer.uint32(part)
        writer.uint32(parts)
        while writer.bytes.count < byteCount { writer.uint64(random.next()) }
        return Array(writer.bytes.prefix(byteCount))
    }

    /// Reads a block that was found; `nil` where no operation of this seed wrote these bytes.
    public init?(bytes: [UInt8], seed: UInt64) {
        guard bytes.count >= Self.headerByteCount, bytes.starts(with: Self.magic) else { return nil }
        func number(_ range: Range<Int>) -> UInt64 {
            bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        self.init(
            operation: OperationID(rawValue: number(4..<12)), part: UInt32(number(12..<16)),
            parts: UInt32(number(16..<20)))
        guard self.bytes(seed: seed) == bytes else { return nil }
    }

    /// Mostly short blocks; some that take a page or several of their own.
    private static func byteCount(using random: inout SeededRandom) -> Int {
        switch random.below(16) {
        case 0: headerByteCount
        case 1: 2000 + random.below(10_000)
        default: headerByteCount + random.below(200)
        }
    }
}
