/// What is known of a peer.
public struct PeerStatus: Hashable, Sendable {
    /// The fork that it last named.
    public var fork: UInt64
    /// The length that it last named.
    public var length: UInt64
    /// The unbroken run of blocks from block 0 that it has announced.
    public var contiguousLength: UInt64
    /// Whether it answers requests.
    public var isUploading: Bool
    /// Whether it wants blocks.
    public var isDownloading: Bool
    /// Whether it holds the manifest.
    public var hasManifest: Bool
    /// Whether it takes blocks that it has not asked for.
    public var allowsPush: Bool
    /// Whether it is not asked for anything any more.
    public var isPaused: Bool
    /// Whether it is not asked for anything for a while: it has not answered in time, or refused.
    public var isBackingOff: Bool
    /// Requests to it that are under way.
    public var requestCount: Int
    /// Requests of it that wait to be answered.
    public var waitingRequestCount: Int
}
