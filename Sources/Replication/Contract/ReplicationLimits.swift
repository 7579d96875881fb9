import MerkleTree

/// Every bound of the replicator, in one place. The defaults are those of the protocol where it has one.
///
/// A bound protects memory and time against a peer; none of them can be exceeded by what any peer sends.
public struct ReplicationLimits: Hashable, Sendable {
    // MARK: What we ask

    /// Requests that may be under way to one peer, at the least: however slow it is, and with blocks however large.
    public var fewestRequestsToPeer = 16
    /// Requests that may be under way to one peer, at the most: however fast it is, and with blocks however small. The
    /// reference asks for up to 512, and takes any number (PROTOCOL §7, Requesting); with blocks of 100 bytes on a fast link that
    /// is less than what both sides have in work at a time. Ours takes 2,048 (``requestsFromPeer``).
    public var requestsToPeer = 1024
    /// Requests that may be under way to a peer that has not answered yet. That is what the reference asks of any peer over
    /// TCP (PROTOCOL §7, Requesting).
    public var requestsToPeerAtFirst = 48
    /// Bytes of blocks that may be under way from all peers together, by what a block of the log has on average; each peer
    /// is asked for the fewest that may be under way even so.
    public var requestedBytes = 4 * 1024 * 1024
    /// The round trip, in milliseconds, that is assumed where a shorter one was measured: below it the clock and the
    /// scheduler say more than the link.
    public var shortestRoundTrip: Milliseconds = 10
    /// Peers that a block may be asked of at a time: the one, and those that take it over because it is slow.
    public var requestsOfBlock = 3
    /// How long a request waits, beyond twice the time that a peer with room takes to answer, before that peer is asked.
    public var hotSwapDelay: Milliseconds = 100
    /// Requests under way that are looked at in one turn for one that should be taken over.
    public var hotSwapSteps = 1024
    /// How often it is looked for them, at the most, in milliseconds.
    public var hotSwapInterval: Milliseconds = 20
    /// Request ids of one peer that may be blocked by cancels whose fate is unknown; then one thing is asked of it at a
    /// time, until something is answered.
    public var cancelledRequestsToPeer = 192
    /// How long a peer may take for its first answer, in milliseconds. Then what it was asked is asked of others.
    public var firstTimeout: Milliseconds = 10_000
    /// How long it may take at the least for any other, however fast it answered before.
    public var shortestTimeout: Milliseconds = 5000
    /// How long it may take at the most, and how long it is left alone at the most after it has not answered.
    public var longestTimeout: Milliseconds = 60_000
    /// How long a peer is left alone after it has refused a block that it said it has; twice as long after each refusal
    /// that follows, up to the longest.
    public var refusalBackOff: Milliseconds = 50
    /// How long it is left alone at the most for that.
    public var longestRefusalBackOff: Milliseconds = 5000
    /// Tree nodes of late that are kept so as not to be read back, in each of two halves.
    public var recentNodes = 2048
    /// Bytes that may be verified and not yet committed; then nothing more is asked, and what is pushed is dropped.
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

    // MARK: What is pushed

    /// Blocks that may wait to be pushed to one peer; beyond them it has to ask.
    public var pushesToPeer = 1024
    /// Pushes of one peer in a row that did not verify or did not fit, after which what it pushes is not looked at until the
    /// log has grown.
    public var invalidPushes = 64

    // MARK: What a peer asks

    /// Requests of one peer that may wait to be answered; one more destroys its stream.
    public var requestsFromPeer = 2048
    /// Requests that cannot be answered, after which a peer's stream is closed (PROTOCOL §7, Answering).
    public var invalidRequests = 64
    /// Requests that one call of ``Replicator/nextAnswer(for:log:into:)`` answers by itself.
    public var plainAnswersAtOnce = 64

    // MARK: When nothing is wanted

    /// For how long peers are still told that blocks are wanted here once they are not, in milliseconds, at the least
    /// (PROTOCOL §7, Idling). The time is chosen at random, so that not all channels of a store end at once.
    public var shortestLinger: Milliseconds = 20_000
    /// And at the most.
    public var longestLinger: Milliseconds = 40_000

    /// The protocol's bounds.
    public init() {}
}
