/// How a replicator behaves.
public struct ReplicatorConfiguration: Hashable, Sendable {
    /// Whether the log is moved to a higher fork that a peer has, cutting off what that does not share. An empty log is begun
    /// in any fork.
    public var allowsForks = true
    /// Whether a longer log is fetched as soon as a peer has one, without anyone asking for it.
    public var upgradesEagerly = true
    /// Whether peers are told that this side wants blocks.
    public var isDownloading = true

    /// Whether peers are being looked for or connected to, so that ``Replicator/update(waits:into:)`` has reason to wait.
    public var expectsPeers = false

    /// The protocol's defaults.
    public init() {}
}
