/// How many messages of each kind there were.
public struct MessageCounts: Hashable, Sendable {
    private var counts = [UInt64](repeating: 0, count: WireMessage.Kind.allCases.count)

    /// How many messages of a kind there were.
    public internal(set) subscript(kind: WireMessage.Kind) -> UInt64 {
        get { counts[Int(kind.rawValue)] }
        set { counts[Int(kind.rawValue)] = newValue }
    }

    /// How many there were of all kinds.
    public var total: UInt64 { counts.reduce(0, +) }
}

/// What has happened with one peer since it opened, or with all peers there ever were.
public struct ReplicationCounters: Hashable, Sendable {
    /// Messages that came.
    public internal(set) var received = MessageCounts()
    /// Messages that were handed out to be sent.
    public internal(set) var sent = MessageCounts()
    /// Blocks that came and were verified.
    public internal(set) var blocksDownloaded: UInt64 = 0
    /// Bytes of these blocks.
    public internal(set) var bytesDownloaded: UInt64 = 0
    /// Blocks that were sent, pushed ones included.
    public internal(set) var blocksUploaded: UInt64 = 0
    /// Bytes of these blocks.
    public internal(set) var bytesUploaded: UInt64 = 0
    /// Blocks that were asked of this peer because another was slow.
    public internal(set) var hotSwaps: UInt64 = 0
    /// Times that it sent what did not verify.
    public internal(set) var invalidData: UInt64 = 0
    /// Requests of it that nobody could answer.
    public internal(set) var invalidRequests: UInt64 = 0
    /// Times that it refused what it should have been able to answer, and was left alone for that.
    public internal(set) var backOffs: UInt64 = 0
    /// Times that it let the time for an answer pass.
    public internal(set) var timeouts: UInt64 = 0

    /// Before anything has happened.
    public init() {}
}

/// All that is known of a peer.
public struct PeerStatistics: Hashable, Sendable {
    /// What has happened since it opened.
    public var counters: ReplicationCounters
    /// What it says of itself, and how it stands.
    public var status: PeerStatus
    /// How long it takes to answer, in milliseconds, smoothed; `nil` before its first answer.
    public var roundTripMilliseconds: Double?
    /// How many requests may be under way to it.
    public var window: Int
}
