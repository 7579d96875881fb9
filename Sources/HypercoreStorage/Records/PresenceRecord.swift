import CompactEncoding

/// Which blocks of a log are here, where not all of them are; the numbers of a `LocalBitfield`, beside its pages.
///
/// ```text
/// u64 revision ‖ u64 baseLength ‖ u64 contiguousLength
/// ```
///
/// A log that is whole has no such record and no pages, so that a writer's appends and a whole copy cost nothing here.
public struct PresenceRecord: Hashable, Sendable {
    /// Counts the changes, so that a write set can expect the one that it was made on.
    public var revision: UInt64
    /// Below this, blocks are here unless a stored page says otherwise; from here on, they are not.
    public var baseLength: UInt64
    /// How many blocks are here without a gap from block 0 on.
    public var contiguousLength: UInt64

    /// A record of the given parts.
    public init(revision: UInt64, baseLength: UInt64, contiguousLength: UInt64) {
        self.revision = revision
        self.baseLength = baseLength
        self.contiguousLength = contiguousLength
    }
}

// MARK: - Encoding

extension PresenceRecord {
    static func prefix(revision: UInt64) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 8)
        writer.uint64(revision)
        return writer.bytes
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 24)
        writer.uint64(revision)
        writer.uint64(baseLength)
        writer.uint64(contiguousLength)
        return writer.bytes
    }

    init(decoding bytes: RawSpan) throws(StorageRecordError) {
        do throws(CompactDecodingError) {
            var reader = ByteReader(bytes)
            revision = try reader.uint64()
            baseLength = try reader.uint64()
            contiguousLength = try reader.uint64()
            guard max(baseLength, contiguousLength) <= ByteReader.maximumInteger else {
                throw CompactDecodingError(.integerTooLarge(max(baseLength, contiguousLength)), offset: 8)
            }
            try reader.requireEnd()
        } catch {
            throw .damaged("presence record of a core", error)
        }
    }
}
