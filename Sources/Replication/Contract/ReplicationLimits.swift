import MerkleTree

/// Every bound of the replicator, in one place. The defaults are those of the protocol where it has one.
///
/// A bound protects memory and time against a peer; none of them can be exceeded by what any peer sends.
public struct ReplicationLimits: Hashable, Sendable {
    // MARK: What we ask

    /// Requests that may be under way to one peer, at the least: with blocks however large.
    public var fewestRequestsToPeer = 16
    /// Requests that may be under way to all peers together, at the most: with blocks however small. The reference goes from 16 to
    /// 512 too, by round trip, and takes any number (PROTOCOL §7, Requesting).
    public var requestsToPeer = 512
    /// Bytes of blocks that may be under way from all peers together, by what a block of the log has on average; between
    /// the two bounds above for each.
    public var requestedBytes = 4 * 1024 * 1024
    /// Request ids of one peer that may be blocked by cancels whose fate is unknown; then nothing more is asked of it.
    public var cancelledRequestsToPeer = 192
    /// Bytes that may be verified and not yet committed; then nothing more is asked.
    public var uncommittedBytes = 16 * 1024 * 1024
    /// Answers without use (refused, empty, or not what was asked) of one kind, after which a peer is paused for good.
    public var uselessAnswers = 32
    /// Wants of the local side at one time.
    public var wants = 1_048_576
    /// Ranges that are looked through at a time; the others wait.
    public var rangesAtOnce = 64
    /// Places that a search for the next block to ask may look at in one call; a tick carries on.
    public var searchSteps = 1024

    // MARK: Forks and conflicts

    /// Higher forks with a verified head that are looked into at a time; the lowest gives way.
    public var forkCandidates = 4
    /// How long a question about a fork may go unanswered before another peer is asked, and how long a fork that could be taken
    /// over waits for a higher one about which a question is under way.
    public var forkPatience: Milliseconds = 5000
    /// How often a peer that sent something invalid, and then showed that it has our history, is trusted again.
    public var pardons = 3
    /// Whole trees that one peer may send without being asked, as proofs of a conflict; more are not looked at.
    public var untrackedProofs = 64

    // MARK: What a peer has

    /// Pages of 4 KiB, for 32,768 blocks each, that may be kept of what one peer has beyond its unbroken prefix.
    public var remotePages = 1024
    /// Windows that may be wanted from one peer at a time (PROTOCOL §7, Wants).
    public var windowsWanted = 512

    // MARK: What a peer wants

    /// Windows that one peer may want; beyond them it wants everything (PROTOCOL §7, Wants).
    public var windowsWantedByPeer = 512
    /// Sizes that these windows may have.
    public var windowSizesWantedByPeer = 4
    /// Ranges that one peer may want a part of; beyond them it wants everything.
    public var anyRangesWantedByPeer = 16
    /// Windows whose bits wait to be sent to one peer; beyond them the oldest are not answered.
    public var windowsToAnswer = 512

    // MARK: What a peer asks

    /// Requests of one peer that may wait to be answered; one more destroys its stream.
    public var requestsFromPeer = 2048
    /// Requests that cannot be answered, after which a peer's stream is closed (PROTOCOL §7, Answering).
    public var invalidRequests = 64
    /// Requests that one call of ``Replicator/nextAnswer(for:log:into:)`` answers by itself.
    public var plainAnswersAtOnce = 64

    /// The protocol's bounds.
    public init() {}
}

extension ReplicationLimits {
    /// How many requests for blocks of `tree` may be under way to one of `peerCount` peers, which share the window so that
    /// none of them takes all the work.
    func requests(ofBlocksIn tree: TreeHead, peerCount: Int) -> Int {
        let blockByteCount = max(tree.byteLength / max(tree.length, 1), 1)
        let fitting = min(Int(clamping: UInt64(requestedBytes) / blockByteCount), requestsToPeer)
        return max(fitting / max(peerCount, 1), min(fewestRequestsToPeer, requestsToPeer))
    }
}
