import CompactEncoding

/// Whether a log may be appended to, as far as its history is concerned: kept beside a log that this store signs for.
///
/// ```text
/// u8 version ‖ u64 confirmedEpoch ‖ u8 overtaken, 0 or 1
/// ```
///
/// A log that was never in question has no such record, so that making and appending to logs costs nothing here.
public struct TrustRecord: Hashable, Sendable {
    /// The last doubt about the store (``DoubtRecord/epoch``) in which the log was confirmed; 0 where there was none.
    public var confirmedEpoch: UInt64
    /// Whether a peer has shown a longer log than this store had, signed with the key that only this store should use.
    public var isOvertaken: Bool

    /// A record of the given parts; that of a log that was never in question where none is given.
    public init(confirmedEpoch: UInt64 = 0, isOvertaken: Bool = false) {
        self.confirmedEpoch = confirmedEpoch
        self.isOvertaken = isOvertaken
    }
}

// MARK: - Encoding

extension TrustRecord {
    private static let version: UInt8 = 1
    private static let name = "record of trust in a log"

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 10)
        writer.uint8(Self.version)
        writer.uint64(confirmedEpoch)
        writer.uint8(isOvertaken ? 1 : 0)
        return writer.bytes
    }

    init(decoding bytes: RawSpan) throws(StorageRecordError) {
        var reader = ByteReader(bytes)
        try reader.version(Self.version, of: Self.name)
        do throws(CompactDecodingError) {
            confirmedEpoch = try reader.uint64()
            let offset = reader.offset
            switch try reader.uint8() {
            case 0: isOvertaken = false
            case 1: isOvertaken = true
            case let other: throw CompactDecodingError(.invalidValue("\(other) where 0 or 1 belongs"), offset: offset)
            }
            try reader.requireEnd()
        } catch {
            throw .damaged(Self.name, error)
        }
    }
}
