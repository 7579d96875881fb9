public import MerkleTree

/// What the replicator wants done, in order.
///
/// The driver empties it while it holds the core's lock and carries the effects out after letting go of it; the order
/// of the messages to one peer must be kept.
public struct Effects: Sendable {
    /// The effects, the first to be carried out first.
    public private(set) var list: [Effect]

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
        return taken
    }

    mutating func append(_ effect: Effect) {
        list.append(effect)
    }

    mutating func send(_ message: WireMessage, to peer: PeerID) {
        list.append(.send(peer, message))
    }
}

/// One thing to be done.
public enum Effect: Sendable {
    /// Send the message on the peer's channel.
    case send(PeerID, WireMessage)
    /// Store the batch, and then call ``Replicator/committed(_:log:into:)`` or ``Replicator/failed(_:into:)``.
    ///
    /// There is never more than one outstanding.
    case commit(CommitID, VerifiedBatch)
    /// Move the log to another fork, in one atomic write: cut it back to ``Reorganization/ancestorLength``, add the nodes, take
    /// over the head. Then call ``Replicator/committed(_:log:into:)`` or ``Replicator/failed(_:into:)``, as for a batch.
    ///
    /// It takes the place of a batch: no other is outstanding. Blocks past the ancestor are gone, though the new history may
    /// have as many; the machine asks for them anew and tells peers of the drop.
    case reorganize(CommitID, Reorganization)
    /// Two histories of the fork exist, both validly signed. The machine has stopped for good: see ``Replicator/isFrozen``.
    ///
    /// Store the fact so that the next replicator of this core is created frozen, keep the proof for whoever wants to see it,
    /// and end all sessions with an error. What peers are told of it, and the closing of their channels, comes after this.
    case conflict(HistoryConflict)
    /// Close the peer's channel once what was to be sent before is sent, and then call ``Replicator/peerClosed(_:into:)``.
    case closeChannel(PeerID)
    /// Requests of this peer wait to be answered: once its stream is drained, call
    /// ``Replicator/nextAnswer(for:log:into:)`` until it returns `nil`, or the stream is full again.
    case answersReady(PeerID)
    /// The want has ended.
    case finished(WantToken, WantOutcome)
    /// Destroy the peer's whole stream, and then call ``Replicator/peerClosed(_:into:)`` for each of its channels.
    case destroyStream(PeerID, PeerFault)
    /// Something that an observer may want to know.
    case event(ReplicationEvent)
}

/// How a want ended.
public enum WantOutcome: Hashable, Sendable {
    /// The block that ``Replicator/get(_:priority:log:into:)`` asked for. It is verified, but perhaps not yet stored.
    case block(ArraySlice<UInt8>)
    /// The block, or all blocks of the range, are stored.
    case stored
    /// Whether ``Replicator/update(waits:into:)`` made the log longer, or moved it to a higher fork.
    case updated(Bool)
    /// Where the byte offset lies: `offset` bytes into block `block`.
    case found(block: UInt64, offset: UInt64)
    /// There were too many wants at once (``ReplicationLimits/wants``), or the log is frozen (``Replicator/isFrozen``).
    case refused
}

/// Something that an observer may want to know.
public enum ReplicationEvent: Sendable {
    /// A block arrived and was verified.
    case downloaded(block: UInt64, byteCount: Int, from: PeerID)
    /// A block was sent.
    case uploaded(block: UInt64, byteCount: Int, to: PeerID)
    /// A peer sent something that did not verify. It is not asked again.
    case invalidData(PeerFault, from: PeerID)
    /// A peer has a higher fork that is not followed (``ReplicatorConfiguration/allowsForks``).
    case forkIgnored(UInt64, from: PeerID)
    /// A peer asked for something that cannot be proven.
    case invalidRequest(ProofRequest, from: PeerID)
    /// The local log could not be read.
    case storageFailed(any Error)
}
