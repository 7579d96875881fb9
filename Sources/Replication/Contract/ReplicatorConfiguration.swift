/// How a replicator behaves.
public struct ReplicatorConfiguration: Hashable, Sendable {
    /// Whether the log is moved to a higher fork that a peer has, cutting off what that does not share. An empty log is begun
    /// in any fork.
    public var allowsForks = true
    /// Whether a longer log is fetched as soon as a peer has one, without anyone asking for it.
    public var upgradesEagerly = true
    /// Whether peers are told that this side wants blocks. For as long as there are wants they are told so anyway; once it is
    /// false and there are none, they are told after a linger (``ReplicationLimits/shortestLinger``).
    public var isDownloading = true

    /// Whether peers may send blocks that were not asked for. They are verified like all others.
    public var allowsPush = false
    /// Whether nothing is asked of peers, so that only what they push is taken. What it takes for pushes to fit is asked for all
    /// the same: the manifest, and the history of a higher fork.
    public var isPushOnly = false
    /// Whether every appended block is sent at once to the peers that allow it.
    public var pushesAppended = false

    /// Whether peers are being looked for or connected to, so that ``Replicator/update(waits:fetchesLastBlock:into:)`` has
    /// reason to wait.
    public var expectsPeers = false

    /// The protocol's defaults.
    public init() {}
}
