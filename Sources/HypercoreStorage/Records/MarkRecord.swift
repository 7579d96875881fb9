import CompactEncoding

/// That a log's blocks are being marked, so that the others can be swept; beside the pages of marks.
///
/// ```text
/// u8 version ‖ u64 run ‖ u64 length
/// ```
public struct MarkRecord: Hashable, Sendable {
    /// Counts how often marking began, so that marks of one time are not taken for those of another.
    public var run: UInt64
    /// Where the log ended when marking began, or where it was cut since: blocks from here on count as marked.
    public var length: UInt64

    /// A record of the given parts.
    public init(run: UInt64, length: UInt64) {
        self.run = run
        self.length = length
    }
}

// MARK: - Encoding

extension MarkRecord {
    private static let version: UInt8 = 1
    private static let name = "record of a log's marks"

    /// What the records of one time begin with.
    static func prefix(run: UInt64) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 9)
        writer.uint8(version)
        writer.uint64(run)
        return writer.bytes
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 17)
        writer.uint8(Self.version)
        writer.uint64(run)
        writer.uint64(length)
        return writer.bytes
    }

    init(decoding bytes: RawSpan) throws(StorageRecordError) {
        var reader = ByteReader(bytes)
        try reader.version(Self.version, of: Self.name)
        do throws(CompactDecodingError) {
            run = try reader.uint64()
            length = try reader.uint64()
            try reader.requireEnd()
        } catch {
            throw .damaged(Self.name, error)
        }
    }
}
