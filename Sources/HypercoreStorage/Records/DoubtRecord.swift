import CompactEncoding
public import StorageEngine

/// What a store knows of doubts about itself: whether what it holds may be older than what its logs have signed.
///
/// Doubts are numbered. A log that was confirmed in an earlier doubt, or never, is in question in the present one, until
/// it is confirmed itself or all logs are trusted at once.
///
/// ```text
/// u8 version ‖ u64 epoch ‖ u64 trustedEpoch ‖ string reason
/// ```
///
/// A store that never was in doubt has no such record.
public struct DoubtRecord: Hashable, Sendable {
    /// How many doubts there were; 1 is the first.
    public private(set) var epoch: UInt64
    /// The last doubt that was settled for all logs at once; 0 where none was.
    public private(set) var trustedEpoch: UInt64
    /// What the present doubt is about.
    public private(set) var reason: HistoryDoubt

    /// The first doubt, or the next after `earlier` ones.
    ///
    /// - Throws: `.exhausted`.
    init(_ reason: HistoryDoubt, after earlier: DoubtRecord?) throws(StorageRecordError) {
        let (epoch, overflows) = (earlier?.epoch ?? 0).addingReportingOverflow(1)
        guard !overflows else { throw StorageRecordError(.exhausted, "the store has counted all doubts it can") }
        self.epoch = epoch
        trustedEpoch = earlier?.trustedEpoch ?? 0
        self.reason = reason
    }

    /// Whether there is a log that has to be confirmed.
    public var isOpen: Bool { trustedEpoch < epoch }

    /// Whether the doubt is about a log that was last confirmed in this epoch.
    public func concerns(confirmedEpoch: UInt64) -> Bool { max(trustedEpoch, confirmedEpoch) < epoch }

    /// Settles the doubt for all logs.
    mutating func settle() { trustedEpoch = epoch }
}

// MARK: - Encoding

extension DoubtRecord {
    private static let version: UInt8 = 1
    private static let name = "record of doubts about the store"

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 40)
        writer.uint8(Self.version)
        writer.uint64(epoch)
        writer.uint64(trustedEpoch)
        writer.buffer(reason.rawValue.utf8)
        return writer.bytes
    }

    init(decoding bytes: RawSpan) throws(StorageRecordError) {
        var reader = ByteReader(bytes)
        try reader.version(Self.version, of: Self.name)
        let name: String
        do throws(CompactDecodingError) {
            epoch = try reader.uint64()
            trustedEpoch = try reader.uint64()
            name = try reader.string()
            try reader.requireEnd()
        } catch {
            throw .damaged(Self.name, error)
        }
        guard let reason = HistoryDoubt(rawValue: name) else {
            throw .unsupportedVersion(Self.name, "the reason \"\(name)\"")
        }
        self.reason = reason
    }
}
