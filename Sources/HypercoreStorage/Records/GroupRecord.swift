public import CompactEncoding

/// The group that a log belongs to, and when the log last changed.
///
/// ```text
/// u8 version ‖ topic 32 ‖ u64 timestamp
/// ```
///
/// A log without a group has no such record, so that it costs nothing there.
public struct GroupRecord: Hashable, Sendable {
    /// The topic that the logs of a group have in common.
    public var topic: Bytes32
    /// When the log's head last moved, in milliseconds since 1970; when the log joined, before it did.
    public var timestamp: UInt64

    /// A record of the given parts.
    public init(topic: Bytes32, timestamp: UInt64) {
        self.topic = topic
        self.timestamp = timestamp
    }

    /// Where the group lists the log.
    func indexKey(of core: CoreNumber) -> [UInt8] { RecordKey.group(topic, timestamp, core) }
}

// MARK: - Encoding

extension GroupRecord {
    private static let version: UInt8 = 1
    private static let name = "record of a log's group"

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 41)
        writer.uint8(Self.version)
        writer.fixed32(topic)
        writer.uint64(timestamp)
        return writer.bytes
    }

    init(decoding bytes: RawSpan) throws(StorageRecordError) {
        var reader = ByteReader(bytes)
        try reader.version(Self.version, of: Self.name)
        do throws(CompactDecodingError) {
            topic = try reader.fixed32()
            timestamp = try reader.uint64()
            try reader.requireEnd()
        } catch {
            throw .damaged(Self.name, error)
        }
    }
}
