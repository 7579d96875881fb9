import CompactEncoding
public import Crypto

/// The proof that there are two signed histories of a log, which is frozen for good by it; kept beside the log.
///
/// ```text
/// u8 version ‖ u64 fork ‖ u64 length ‖ peer's key 32 ‖ buffer ours ‖ buffer theirs
/// ```
public struct ConflictRecord: Hashable, Sendable {
    /// The fork of both histories.
    public var fork: UInt64
    /// A length that both have, and at which their trees differ.
    public var length: UInt64
    /// The key of the peer that sent the other one.
    public var remotePublicKey: PublicKey
    /// The proof of the history that is stored here, encoded (PROTOCOL §10).
    public var ours: [UInt8]
    /// The proof that the peer sent.
    public var theirs: [UInt8]

    /// A record of the given parts.
    public init(fork: UInt64, length: UInt64, remotePublicKey: PublicKey, ours: [UInt8], theirs: [UInt8]) {
        self.fork = fork
        self.length = length
        self.remotePublicKey = remotePublicKey
        self.ours = ours
        self.theirs = theirs
    }
}

// MARK: - Encoding

extension ConflictRecord {
    private static let version: UInt8 = 1
    private static let name = "record of a conflict"

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 64 + ours.count + theirs.count)
        writer.uint8(Self.version)
        writer.uint64(fork)
        writer.uint64(length)
        writer.fixed32(remotePublicKey.bytes)
        writer.buffer(ours)
        writer.buffer(theirs)
        return writer.bytes
    }

    init(decoding bytes: RawSpan) throws(StorageRecordError) {
        var reader = ByteReader(bytes)
        try reader.version(Self.version, of: Self.name)
        do throws(CompactDecodingError) {
            fork = try reader.uint64()
            length = try reader.uint64()
            remotePublicKey = PublicKey(try reader.fixed32())
            ours = [UInt8](copying: try reader.buffer())
            theirs = [UInt8](copying: try reader.buffer())
            try reader.requireEnd()
        } catch {
            throw .damaged(Self.name, error)
        }
    }
}
