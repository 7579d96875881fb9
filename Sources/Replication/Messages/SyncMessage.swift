public import CompactEncoding

/// The sender's state (PROTOCOL §7, message 0): sent on opening and whenever one of its fields changes.
public struct SyncMessage: Hashable, Sendable {
    /// How often the sender's core was truncated.
    public var fork: UInt64
    /// The sender's length, in blocks.
    public var length: UInt64
    /// What the sender knows of the receiver's length; 0 where the forks differ. It acknowledges that length.
    public var remoteLength: UInt64
    /// Whether the receiver can be lifted to the sender's length.
    public var canUpgrade: Bool
    /// Whether the sender answers requests.
    public var isUploading: Bool
    /// Whether the sender wants to be sent anything.
    public var isDownloading: Bool
    /// Whether the sender holds the core's manifest.
    public var hasManifest: Bool
    /// Whether the sender accepts blocks that it did not ask for.
    public var allowsPush: Bool

    /// Creates a message.
    public init(
        fork: UInt64, length: UInt64, remoteLength: UInt64, canUpgrade: Bool, isUploading: Bool, isDownloading: Bool,
        hasManifest: Bool, allowsPush: Bool
    ) {
        self.fork = fork
        self.length = length
        self.remoteLength = remoteLength
        self.canUpgrade = canUpgrade
        self.isUploading = isUploading
        self.isDownloading = isDownloading
        self.hasManifest = hasManifest
        self.allowsPush = allowsPush
    }
}

extension SyncMessage {
    private struct Flags: OptionSet {
        let rawValue: UInt64
        static let canUpgrade = Flags(rawValue: 1)
        static let uploading = Flags(rawValue: 2)
        static let downloading = Flags(rawValue: 4)
        static let hasManifest = Flags(rawValue: 8)
        static let allowPush = Flags(rawValue: 16)
    }

    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        let flags = Flags(rawValue: try reader.uint())
        self.init(
            fork: try reader.uint(), length: try reader.uint(), remoteLength: try reader.uint(),
            canUpgrade: flags.contains(.canUpgrade), isUploading: flags.contains(.uploading),
            isDownloading: flags.contains(.downloading), hasManifest: flags.contains(.hasManifest),
            allowsPush: flags.contains(.allowPush))
    }

    /// Appends the message's body.
    public func encode(into writer: inout ByteWriter) {
        var flags: Flags = []
        if canUpgrade { flags.insert(.canUpgrade) }
        if isUploading { flags.insert(.uploading) }
        if isDownloading { flags.insert(.downloading) }
        if hasManifest { flags.insert(.hasManifest) }
        if allowsPush { flags.insert(.allowPush) }
        writer.uint(flags.rawValue)
        writer.uint(fork)
        writer.uint(length)
        writer.uint(remoteLength)
    }
}
