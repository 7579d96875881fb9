import Bitfield
public import Crypto

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
///   ``peerClosed(_:byRemote:into:)``. What arrives later from this peer may still be handed in, and is ignored; what is to be sent
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
    var overlay: Overlay
    /// Requests for blocks that are under way.
    var flights = Flights()
    /// What of the tree was seen not to be stored.
    var unknownNodes = UnknownSubtree()
    /// Histories of higher forks.
    var forks = Forks()
    /// Whether two validly signed histories of one fork were found. Then it does nothing more, for good: no message is sent or
    /// heeded, wants end with ``WantOutcome/refused``, and channels that are opened are closed.
    public internal(set) var isFrozen: Bool
    /// How often the overlay's content was forgotten.
    var discards: UInt64 = 0
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
    /// The time of the latest call that had one.
    private(set) var now: Milliseconds = 0
    /// When it is looked for slow requests again, and when that has to be.
    var nextHotSwapLook: Milliseconds = 0
    var hotSwapDeadline: Milliseconds?
    /// Whether peers are told that blocks are wanted here.
    var idleness: Idleness
    /// What has happened with all peers there ever were.
    public internal(set) var statistics = ReplicationCounters()
    var nextCommit: UInt64 = 0

    /// Creates a replicator without peers.
    ///
    /// - Parameters:
    ///   - key: the log's key.
    ///   - configuration: how it replicates.
    ///   - limits: the bounds of what peers can make it hold.
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
        overlay = Overlay(recentNodes: limits.recentNodes)
        idleness = Idleness(isDownloading: configuration.isDownloading)
        generator = SplitMix64(seed: seed)
    }

    /// Changes how it behaves; peers are told by the next flush.
    public mutating func configure(_ configuration: ReplicatorConfiguration) {
        if configuration.allowsPush != self.configuration.allowsPush { oweSyncToAll() }
        self.configuration = configuration
    }
}

// MARK: - Turns

extension Replicator {
    /// Ends a turn: tells peers what has changed, asks them for what is wanted, hands out what is to be stored.
    ///
    /// - Parameters:
    ///   - log: where blocks and nodes are read from.
    ///   - now: the time of the turn.
    ///   - effects: what is to be done is appended.
    public mutating func flush(log: some LogView & ~Escapable, now: Milliseconds, into effects: inout Effects) {
        pass(to: now)
        // What told the peers why is counted still.
        guard !isFrozen else { return countSent(&effects) }
        announceAnswers(into: &effects)
        updateIdleness(into: &effects)
        searchesAreCutShort = false
        guard !isAlone else {
            hotSwapDeadline = nil
            wants.hasGrown = false
            return countSent(&effects)
        }
        synchronize(log: log, into: &effects)
        // What is due is looked for below, if anything is asked at all.
        if let due = hotSwapDeadline, due <= self.now { hotSwapDeadline = nil }
        do {
            try followForks(log: log, into: &effects)
            try finishNodes(log: log, into: &effects)
            try advanceSeeks(log: log, into: &effects)
            try requestWhatIsWanted(log: log, into: &effects)
        } catch {
            effects.append(.event(.storageFailed(error)))
        }
        reportIdle(into: &effects)
        finishUpdates(log: log, into: &effects)
        handOutBatch(log: log, into: &effects)
        countSent(&effects)
    }

    /// Whether there is nobody to talk to, and nothing to be told or stored: so with every append to a log without peers.
    private var isAlone: Bool {
        peers.count == 0 && wants.count == 0 && !overlay.holdsAnything && forks.isIdle
    }

    /// When ``tick(now:into:)`` is to be called next; `nil` while nothing waits for time to pass.
    public var nextDeadline: Milliseconds? {
        guard !isFrozen else { return nil }
        if searchesAreCutShort { return 0 }
        var next = Deadline()
        next.add(hotSwapDeadline)
        next.add(lingerDeadline)
        next.add(forks.deadline)
        // By position: a peer that is taken out of the table for a look is copied whole.
        for position in peers.all.indices {
            next.add(peers.all[position].refusals.nextDue)
            next.add(peers.all[position].conduct.treeDeadline)
            next.add(paceDeadline(ofPeerAt: position))
        }
        return next.earliest
    }

    private struct Deadline {
        private(set) var earliest: Milliseconds?

        mutating func add(_ other: Milliseconds?) {
            if let other { earliest = min(earliest ?? other, other) }
        }
    }

    /// Does what is due. A flush must follow.
    public mutating func tick(now: Milliseconds, into effects: inout Effects) {
        pass(to: now)
        guard !isFrozen else { return }
        refuseWhatIsDue(now: now, into: &effects)
        for position in peers.all.indices { peers.all[position].conduct.pass(to: now) }
        checkPaces(into: &effects)
    }

    /// Takes note of the time, which never goes back.
    mutating func pass(to now: Milliseconds) {
        self.now = max(self.now, now)
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
        lookForHotSwaps()
        sendSync(toPeerAt: position, log: log, into: &effects)
        announceOnOpening(toPeerAt: position, log: log, into: &effects)
    }

    /// Removes a peer whose channel is closed. What it was asked for is asked of others.
    ///
    /// - Parameters:
    ///   - peer: which peer.
    ///   - byRemote: whether the peer has closed it. If it did so for being idle, and this side is not, there is an
    ///     ``Effect/reopenChannel(_:)``.
    ///   - effects: what is to be done is appended.
    public mutating func peerClosed(_ peer: PeerID, byRemote: Bool = false, into effects: inout Effects) {
        guard let closed = peers.remove(peer) else { return }
        for request in closed.requests.all where !request.isOverdue {
            abandon(request, to: peer)
        }
        if peers.count == 0 { overlay.forgetRecent() }
        if byRemote, reopens(closed) { effects.append(.reopenChannel(peer)) }
    }

    /// The open peers, in no particular order.
    public var openPeers: [PeerID] { peers.all.map(\.id) }

    /// What is known of a peer; `nil` if it is not open.
    public func status(of peer: PeerID) -> PeerStatus? {
        peers.position(of: peer).map { peers.all[$0].status }
    }

    /// The longest unbroken run of blocks, from block 0 on, that one of the open peers of `fork` has announced.
    public func remoteContiguousLength(ofFork fork: UInt64) -> UInt64 {
        var longest: UInt64 = 0
        for position in peers.all.indices where peers.all[position].remote?.fork == fork {
            longest = max(longest, peers.all[position].haves.contiguousLength)
        }
        return longest
    }
}

// MARK: - Messages

extension Replicator {
    /// Takes a message from a peer. It may be anything: what makes no sense is ignored, what is forbidden ends in
    /// ``Effect/destroyStream(_:_:)``.
    ///
    /// - Parameters:
    ///   - message: the message, decoded.
    ///   - peer: which peer.
    ///   - log: where blocks and nodes are read from.
    ///   - now: when it arrived.
    ///   - effects: what is to be done is appended.
    public mutating func receive(
        _ message: WireMessage, from peer: PeerID, log: some LogView & ~Escapable, now: Milliseconds,
        into effects: inout Effects
    ) {
        guard let position = peers.position(of: peer), !peers.all[position].isClosing else { return }
        pass(to: now)
        count(peerAt: position) { $0.received[message.kind] += 1 }
        switch message {
        case .sync(let sync): receive(sync, fromPeerAt: position, log: log)
        case .request(let request): receive(request, fromPeerAt: position, into: &effects)
        case .cancel(let cancel): peers.all[position].uploads.cancel(cancel.request)
        case .data(let data): receive(data, fromPeerAt: position, log: log, into: &effects)
        case .noData(let noData): receive(noData, fromPeerAt: position, log: log, into: &effects)
        case .want(let want): receive(want, fromPeerAt: position, log: log, into: &effects)
        case .unwant(let want):
            peers.all[position].wants.remove(start: want.start, length: want.length, any: want.isAny)
        case .bitfield(let bitfield): receive(bitfield, fromPeerAt: position)
        case .range(let range): receive(range, fromPeerAt: position)
        case .extension: break
        }
    }
}
