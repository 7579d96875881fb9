import Bitfield
public import Crypto
import Manifest
import MerkleTree

/// The replication of one core with all its peers, as a state machine (PROTOCOL §7).
///
/// It has no I/O, clock, task or store of its own. A driver owns these and holds it under the core's lock. Every call
/// takes what it needs as arguments and leaves what is to be done in ``Effects``.
///
/// ### What the driver does
/// - **Turns.** One or many calls that tell the replicator something (``receive(_:from:log:now:into:)``,
///   ``localChanged(_:log:into:)``, ``get(_:priority:log:into:)``, …), then one ``flush(log:now:into:)``, all under the lock.
///   Only the flush asks peers for more, tells them how this side has changed, and hands out a commit; without it nothing
///   goes on. The messages of one network read make one turn: their blocks are then stored in one write.
/// - **Effects** are carried out after the lock is released, in order.
/// - **Peers.** The driver opens the channels and verifies the capabilities, and then calls
///   ``peerOpened(_:supportsSeeks:log:into:)``. When a channel closes, for whatever reason, it calls
///   ``peerClosed(_:into:)``. What arrives later from this peer may still be handed in, and is ignored; what is to be sent
///   to it is dropped.
/// - **Commits.** The batch of ``Effect/commit(_:_:)`` is stored in one atomic write, and its fate reported with
///   ``committed(_:log:into:)`` or ``failed(_:into:)``, each followed by a flush. No second batch is handed out before.
///   Only what is committed is announced to peers. ``Effect/reorganize(_:_:)`` is treated alike, and moves the log to a
///   higher fork.
/// - **Conflicts.** After ``Effect/conflict(_:)`` the replicator is frozen, and so must be every later one of this core.
/// - **Uploads.** After ``Effect/answersReady(_:)``, and whenever a peer's stream drains, the driver takes requests with
///   ``nextAnswer(for:log:into:)`` until there are none or the stream is full again, makes the proofs outside the lock
///   from the durable head, and returns them through ``answered(_:with:log:now:into:)``.
/// - **Time.** At ``nextDeadline`` the driver calls ``tick(now:into:)`` and flushes.
///
/// ### What holds at all times
/// Nothing unverified is in a commit. No message can trap it, make it remember more than ``ReplicationLimits`` allow, or
/// cost it more than a bounded amount of work.
public struct Replicator: Sendable {
    /// The core's key.
    public let key: CoreKey
    /// The bounds.
    public let limits: ReplicationLimits
    /// How it behaves; changed with ``configure(_:)``.
    public private(set) var configuration: ReplicatorConfiguration

    var peers = PeerTable()
    var wants = Wants()
    /// Blocks that nobody has to be asked for now: they are being asked, or verified and not yet stored.
    var claims = PagedBitfield()
    var overlay = Overlay()
    var forks = Forks()
    /// Whether two validly signed histories of one fork were found. Then it does nothing more, for good: no message is sent or
    /// heeded, wants end with ``WantOutcome/refused``, and channels that are opened are closed.
    public internal(set) var isFrozen: Bool
    /// How often the overlay's content was forgotten.
    private(set) var discards: UInt64 = 0
    /// The peer that was asked for a longer log; there is only one at a time.
    var upgradingPeer: PeerID?
    /// The peer that was asked for the manifest alone.
    var manifestPeer: PeerID?
    /// Whether the manifest was seen to be stored.
    var hasStoredManifest = false
    var generator: SplitMix64
    /// Which peer is looked at first for something to ask; moves on with every turn.
    var firstPeer = 0
    /// Whether a search stopped at its bound, so that the next tick has to carry on with it.
    var searchesAreCutShort = false
    private var nextCommit: UInt64 = 0

    /// Creates a replicator without peers.
    ///
    /// - Parameters:
    ///   - isFrozen: whether a conflict was found before (``Effect/conflict(_:)``).
    ///   - seed: what its random choices are made from; two of one seed act alike.
    public init(
        key: CoreKey, configuration: ReplicatorConfiguration = ReplicatorConfiguration(),
        limits: ReplicationLimits = ReplicationLimits(), isFrozen: Bool = false, seed: UInt64
    ) {
        self.isFrozen = isFrozen
        self.key = key
        self.configuration = configuration
        self.limits = limits
        generator = SplitMix64(seed: seed)
    }

    /// Changes how it behaves; peers are told by the next flush.
    public mutating func configure(_ configuration: ReplicatorConfiguration) {
        if configuration.isDownloading != self.configuration.isDownloading { oweSyncToAll() }
        self.configuration = configuration
    }
}

// MARK: - Turns

extension Replicator {
    /// Ends a turn: tells peers what has changed, asks them for what is wanted, hands out what is to be stored.
    ///
    /// - Parameter now: the time of the turn.
    public mutating func flush(log: some LogView & ~Escapable, now: Milliseconds, into effects: inout Effects) {
        guard !isFrozen else { return }
        announceAnswers(into: &effects)
        synchronize(log: log, into: &effects)
        searchesAreCutShort = false
        do {
            try followForks(log: log, now: now, into: &effects)
            try advanceSeeks(log: log, into: &effects)
            try requestWhatIsWanted(log: log, into: &effects)
        } catch {
            effects.append(.event(.storageFailed(error)))
        }
        finishUpdates(log: log, into: &effects)
        if let batch = overlay.takeBatch(CommitID(rawValue: nextCommit), over: log.head.tree) {
            effects.append(.commit(nextCommitID(), batch))
        }
    }

    mutating func nextCommitID() -> CommitID {
        defer { nextCommit += 1 }
        return CommitID(rawValue: nextCommit)
    }

    /// When ``tick(now:into:)`` is to be called next; `nil` while nothing waits for time to pass.
    public var nextDeadline: Milliseconds? {
        guard !isFrozen else { return nil }
        if searchesAreCutShort { return 0 }
        guard let refusal = peers.all.lazy.compactMap(\.refusals.nextDue).min() else { return forks.deadline }
        return min(refusal, forks.deadline ?? refusal)
    }

    /// Does what is due. A flush must follow.
    public mutating func tick(now: Milliseconds, into effects: inout Effects) {
        refuseWhatIsDue(now: now, into: &effects)
    }
}

// MARK: - Peers

extension Replicator {
    /// Adds a peer whose channel is open on both sides and whose capability was verified.
    ///
    /// - Precondition: this id was never used before.
    public mutating func peerOpened(
        _ peer: PeerID, supportsSeeks: Bool, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard !isFrozen else { return effects.append(.closeChannel(peer)) }
        peers.insert(Peer(peer, supportsSeeks: supportsSeeks, limits: limits))
        let position = peers.count - 1
        sendSync(toPeerAt: position, log: log, into: &effects)
        announceOnOpening(toPeerAt: position, log: log, into: &effects)
    }

    /// Removes a peer whose channel is closed. What it was asked for is asked of others.
    public mutating func peerClosed(_ peer: PeerID, into effects: inout Effects) {
        guard let closed = peers.remove(peer) else { return }
        for request in closed.requests.all {
            abandon(request, to: peer)
        }
    }

    /// The open peers, in no particular order.
    public var openPeers: [PeerID] { peers.all.map(\.id) }

    /// What is known of a peer; `nil` if it is not open.
    public func status(of peer: PeerID) -> PeerStatus? {
        peers.position(of: peer).map { peers.all[$0].status }
    }
}

// MARK: - Messages

extension Replicator {
    /// Takes a message from a peer. It may be anything: what makes no sense is ignored, what is forbidden ends in
    /// ``Effect/destroyStream(_:_:)``.
    ///
    /// - Parameter now: when it arrived.
    public mutating func receive(
        _ message: WireMessage, from peer: PeerID, log: some LogView & ~Escapable, now: Milliseconds,
        into effects: inout Effects
    ) {
        guard let position = peers.position(of: peer), !peers.all[position].isClosing else { return }
        switch message {
        case .sync(let sync): receive(sync, fromPeerAt: position, log: log)
        case .request(let request): receive(request, fromPeerAt: position, into: &effects)
        case .cancel(let cancel): peers.all[position].uploads.cancel(cancel.request)
        case .data(let data): receive(data, fromPeerAt: position, log: log, into: &effects)
        case .noData(let noData): receive(noData, fromPeerAt: position, into: &effects)
        case .want(let want): receive(want, fromPeerAt: position, log: log, into: &effects)
        case .unwant(let want):
            peers.all[position].wants.remove(start: want.start, length: want.length, any: want.isAny)
        case .bitfield(let bitfield): receive(bitfield, fromPeerAt: position)
        case .range(let range): receive(range, fromPeerAt: position)
        case .extension: break
        }
    }

    /// Takes note of what happened to the log other than through a commit; `log` shows it already.
    public mutating func localChanged(
        _ change: LocalChange, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard !isFrozen else { return }
        switch change {
        case .appended(let oldLength):
            let appended = oldLength..<max(oldLength, log.head.tree.length)
            announce(appended, log: log, into: &effects)
            oweSyncToAll()
            finishBlocks(in: appended, log: log, into: &effects)
            wants.hasGrown = true
        case .truncated(let oldLength):
            leaveFork(keeping: min(log.head.tree.length, oldLength), of: oldLength, log: log, into: &effects)
        case .cleared(let blocks):
            announceDrop(blocks, into: &effects)
            searchAgain(from: blocks.lowerBound)
        case .upgraded:
            oweSyncToAll()
            wants.hasGrown = true
        case .stored(let blocks):
            announce(blocks, log: log, into: &effects)
            checkUpgradesAgain()
            finishBlocks(in: blocks, log: log, into: &effects)
        case .manifestSet:
            oweSyncToAll()
        }
        finishStored(log: log, into: &effects)
    }
}

// MARK: - Commits

extension Replicator {
    /// A batch is stored, and `log` shows it.
    public mutating func committed(
        _ id: CommitID, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard let stored = overlay.commit(id), !isFrozen else { return }
        if let reorganization = forks.takeHandedOut(id) {
            return finish(reorganization, log: log, into: &effects)
        }
        for block in stored.blocks {
            claims.clear(block.index)
        }
        announce(stored.blocks.map(\.index).sorted(), log: log, into: &effects)
        if stored.head != nil || stored.manifest != nil {
            oweSyncToAll()
        } else {
            checkUpgradesAgain()
        }
        if stored.head != nil { wants.hasGrown = true }
        finishStored(log: log, into: &effects)
    }

    /// A batch could not be stored: it, and all that was verified since, is forgotten and asked for again.
    ///
    /// A driver whose store is out of order closes the peers instead: asking again is for a batch that lost a race, or
    /// that may find room the next time.
    public mutating func failed(_ id: CommitID, into effects: inout Effects) {
        guard let blocks = overlay.fail(id) else { return }
        // It may be that it can never be stored, so it is not tried again as it is: peers are asked for it anew.
        if let reorganization = forks.takeHandedOut(id) { forks.remove(reorganization.head.tree.fork) }
        makeFree(blocks)
    }

    /// Forgets what is verified and not stored.
    mutating func discardUnstored() {
        makeFree(overlay.removeAll())
    }

    /// Lets blocks be asked for again that were verified and are not stored.
    private mutating func makeFree(_ blocks: [UInt64]) {
        discards += 1
        guard let first = blocks.min() else { return }
        for block in blocks {
            claims.clear(block)
        }
        searchAgain(from: first)
    }
}
