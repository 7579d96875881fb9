public import Crypto
public import MerkleTree

/// What the replicator wants done, in order.
///
/// The driver empties it while it holds the core's lock and carries the effects out after letting go of it; the order
/// of the messages to one peer must be kept.
public struct Effects: Sendable {
    /// The effects, the first to be carried out first.
    public private(set) var list: [Effect]

    /// How many of the effects were looked at for messages to count.
    private var countedCount = 0

    /// Creates an empty list.
    public init() {
        list = []
    }

    /// Whether there is nothing to do.
    public var isEmpty: Bool { list.isEmpty }

    /// Hands over the effects and starts again empty.
    public mutating func take() -> [Effect] {
        var taken: [Effect] = []
        swap(&taken, &list)
        countedCount = 0
        return taken
    }

    /// Calls `body` for each message that was added since the last time.
    mutating func forEachUncounted(_ body: (PeerID, WireMessage.Kind) -> Void) {
        for effect in list[countedCount...] {
            if case .send(let peer, let message) = effect { body(peer, message.kind) }
        }
        countedCount = list.count
    }

    mutating func append(_ effect: Effect) {
        list.append(effect)
    }

    mutating func send(_ message: WireMessage, to peer: PeerID) {
        list.append(.send(peer, message))
    }
}

/// One thing to be done.
// What is rare and large is indirect, so that the messages and events, of which there are many, stay small.
public enum Effect: Sendable {
    /// Send the message on the peer's channel.
    case send(PeerID, WireMessage)
    /// Store the batch, and then call ``Replicator/committed(_:log:into:)`` or ``Replicator/failed(_:into:)``.
    ///
    /// There is never more than one outstanding.
    indirect case commit(CommitID, VerifiedBatch)
    /// Move the log to another fork, in one atomic write: cut it back to ``Reorganization/ancestorLength``, add the nodes, take
    /// over the head. Then call ``Replicator/committed(_:log:into:)`` or ``Replicator/failed(_:into:)``, as for a batch.
    ///
    /// It takes the place of a batch: no other is outstanding. Blocks past the ancestor are gone, though the new history may
    /// have as many; the machine asks for them anew and tells peers of the drop.
    indirect case reorganize(CommitID, Reorganization)
    /// Two histories of the fork exist, both validly signed. The machine has stopped for good: see ``Replicator/isFrozen``.
    ///
    /// Store the fact so that the next replicator of this core is created frozen, keep the proof for whoever wants to see it,
    /// and end all sessions with an error. What peers are told of it, and the closing of their channels, comes after this.
    indirect case conflict(HistoryConflict)
    /// Close the peer's channel once what was to be sent before is sent, and then call ``Replicator/peerClosed(_:byRemote:into:)``.
    case closeChannel(PeerID)
    /// Requests of this peer wait to be answered: once its stream is drained, call
    /// ``Replicator/nextAnswer(for:log:into:)`` until it returns `nil`, or the stream is full again.
    case answersReady(PeerID)
    /// The want has ended.
    case finished(WantToken, WantOutcome)
    /// Destroy the peer's whole stream, and then call ``Replicator/peerClosed(_:byRemote:into:)`` for each of its channels.
    indirect case destroyStream(PeerID, PeerFault)
    /// Neither side wants blocks of the other: close the peer's channel, if nothing else keeps it, and then call
    /// ``Replicator/peerClosed(_:byRemote:into:)``. Syncs that say so to the peer come before it.
    case channelIdle(PeerID)
    /// The peer has closed the channel because it took both sides for idle, and this one is not: open it again, as a new
    /// peer. Comes from ``Replicator/peerClosed(_:byRemote:into:)``.
    case reopenChannel(PeerID)
    /// Blocks have come to be wanted here: open a channel on every stream that has none for this core.
    case channelsWanted
    /// Something that an observer may want to know.
    case event(ReplicationEvent)
}

/// How a want ended.
public enum WantOutcome: Hashable, Sendable {
    /// The block that ``Replicator/get(_:priority:log:into:)`` asked for. It is verified, but perhaps not yet stored.
    case block(ArraySlice<UInt8>)
    /// The block, or all blocks of the range, are stored.
    case stored
    /// Whether ``Replicator/update(waits:fetchesLastBlock:into:)`` made the log longer, or moved it to a higher fork.
    case updated(Bool)
    /// The tree node that ``Replicator/hash(ofNode:into:)`` asked for. It is verified, but perhaps not yet stored.
    case node(TreeNode)
    /// Where the byte offset lies: `offset` bytes into block `block`.
    case found(block: UInt64, offset: UInt64)
    /// A byte offset cannot be found: blocks are shorter than the padding that it was to be counted without.
    case unseekable
    /// There were too many wants at once (``ReplicationLimits/wants``), there can be no such thing, or the log is frozen
    /// (``Replicator/isFrozen``).
    case refused
}

/// Something that an observer may want to know.
public enum ReplicationEvent: Sendable {
    /// A block that a peer brought was verified and stored.
    case downloaded(block: UInt64, byteCount: Int)
    /// A block was sent.
    case uploaded(block: UInt64, byteCount: Int, to: PeerID)
    /// A peer sent something that did not verify. It is asked for nothing more before it has shown that its history is ours;
    /// where pushes are taken, it is only asked a little later.
    indirect case invalidData(PeerFault, from: PeerID)
    /// A peer did not answer in time what it was asked, which is now asked of others.
    case timedOut(PeerID, requestCount: Int)
    /// A peer has a higher fork that is not followed (``ReplicatorConfiguration/allowsForks``).
    case forkIgnored(UInt64, from: PeerID)
    /// A peer asked for something that cannot be proven.
    indirect case invalidRequest(ProofRequest, from: PeerID)
    /// The local log could not be read.
    case storageFailed(any Error)
}
