import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine
import Synchronization

/// The one instance of a log that all its sessions and peers share.
///
/// Lock order: registry → core (`state`) → a stream's outbox. Under `state` nothing waits: no commit, no callback, no
/// read of unbounded length. What has to happen after the lock is released is collected in ``Aftermath``.
final class Core: Sendable {
    let key: CoreKey
    let discoveryKey: DiscoveryKey
    let stored: StoredCore
    let registry: CoreRegistry
    let hashing: any TreeHashing
    /// The sessions that are open.
    let sessions = Mutex(SessionTable())
    /// Through what the log is written; `nil` in a store that was opened read-only.
    let writer: GroupWriter?
    /// Which blocks are marked, while they are.
    let marks: MarkKeeper
    let state: Mutex<CoreState>
    private let hub = MadeLater<EventHub>()
    private let exclusive = MadeLater<Exclusivity>()
    private let counter = MadeLater<GenerationCounter>()

    init(
        key: CoreKey, discoveryKey: DiscoveryKey, stored: StoredCore, registry: CoreRegistry, marks: MarkKeeper,
        state: consuming sending CoreState
    ) {
        self.key = key
        self.discoveryKey = discoveryKey
        self.stored = stored
        self.registry = registry
        self.marks = marks
        self.state = Mutex(state)
        hashing = registry.hashing
        writer = registry.directory.writer
    }
}

// MARK: - What is made when it is first needed

extension Core {
    /// Who is told of events.
    var events: EventHub { hub.made { EventHub() } }
    /// The same, if anybody was ever to be told.
    var eventsIfAny: EventHub? { hub.ifMade }
    /// Whether anybody is told of events now.
    var isHeard: Bool { eventsIfAny?.hasSubscribers ?? false }

    /// What exclusive sessions hand on.
    var exclusivity: Exclusivity { exclusive.made { Exclusivity() } }
    /// The same, if there ever was an exclusive session.
    var exclusivityIfAny: Exclusivity? { exclusive.ifMade }

    /// What gives the main line and the branches their generations.
    var generations: GenerationCounter { counter.made { GenerationCounter(stored) } }
}

/// What a core knows and has under way; touched only under the core's lock.
struct CoreState {
    /// The head that is on disk: all that readers and peers are shown.
    var durable: HeadRecord
    /// The head after everything that was queued. Appends chain on it; a failed commit sets it back to `durable`.
    var staged: HeadRecord
    /// Counts the times that staging was set back: of the write sets of one epoch, each is chained on the one before.
    var stagingEpoch: UInt64 = 0
    /// Whether the store holds another history than this core knows: nothing can be written until it is opened again.
    var isSuperseded = false
    /// The changes that are queued and have not ended.
    var underway = StagedNodes()
    /// The lowest length that committed changes have cut the log to, whose head was not made because a later one of
    /// their group replaced it.
    var cutSinceDurable: UInt64?
    /// Whether nobody holds the core, and it waits for its write sets to end before it does.
    var isUnused = false
    /// What snapshots keep from being swept.
    var leases = SpanLeases()
    /// The branches that sessions have open, or whose changes are under way.
    var branches: [[UInt8]: Branch] = [:]
    /// Which blocks are here.
    let blocks: BlockPresence
    /// Who the core is, as it is stored.
    var identity: CoreIdentity
    /// The core's key with its manifest, once that is known.
    var authority: TreeAuthority?
    /// What signs for this core alone; `nil` where it can only be read.
    var signer: CoreSigner?
    /// What signs for this core together with others, whose signatures have to be collected.
    var cosigner: CoreSigner?
    /// What signs for this core in its place and has to be waited for; it was given to a session.
    var remoteSigner: RemoteSigner?
    /// The changes of the head that wait for their turn.
    var line = HeadLine()
    /// Whether what the signer has signed is all here.
    var trust = HistoryTrust()
    /// The group that it belongs to.
    var group = GroupMembership()
    /// How the log replicates; changed by ``configureReplication(_:)``.
    private(set) var replication: ReplicatorConfiguration
    /// What replicates it; `nil` before the first peer and the first wait for one (``Core/machine(of:)``).
    private(set) var machine: ReplicationMachine?
    /// The streams that it talks over.
    var peers: [PeerID: PeerChannel] = [:]
    /// The active sessions that are open.
    var activeSessionCount = 0
    /// Who looks for peers of the log; see ``FindingPeers``.
    var searchCount = 0
    /// Who receives messages of applications.
    var extensions = ExtensionTable()
    /// Who waits for what.
    var waiters = WaiterTable()
    /// How many blocks from the first on a peer has told that it has, of this fork and since the core was opened.
    var remoteContiguousLength: UInt64 = 0
    /// What came and went since the core was opened.
    var transfers = TransferCounts()
    /// How the core has ended, if it has.
    var end: CoreEnd?

    var isClosed: Bool { end != nil }
    /// Whether write sets are queued that have not ended.
    var hasWritesUnderway: Bool {
        underway.count > 0 || line.writesUnderway > 0 || branches.values.contains(where: \.hasWritesUnderway)
    }
    /// Whether changes of the head can be signed.
    var canSign: Bool { signer != nil || remoteSigner != nil }
}

// MARK: - Replicating

extension CoreState {
    /// Changes how the log replicates.
    mutating func configureReplication(_ change: (inout ReplicatorConfiguration) -> Void) {
        change(&replication)
        machine?.replicator.configure(replication)
    }

    /// What replicates the log; `make` is called where there is none yet.
    mutating func machine(
        orMake make: (_ configuration: ReplicatorConfiguration, _ isFrozen: Bool) -> Replicator
    ) -> ReplicationMachine {
        if let machine { return machine }
        let made = ReplicationMachine(make(replication, trust.isFrozen))
        machine = made
        return made
    }

    /// Whether peers are told that the log is wanted; before there was one, whether they would be.
    var isDownloading: Bool {
        machine?.replicator.isDownloading ?? (replication.isDownloading && !trust.isFrozen)
    }
}

// MARK: - What the log is

extension Core {
    var durableHead: HeadRecord { state.withLock { $0.durable } }
    var contiguousLength: UInt64 { state.withLock { $0.blocks.contiguousLength(of: $0.durable.length) } }
    var holdsSigningKey: Bool { state.withLock { $0.signer != nil || $0.cosigner != nil } }
    var isWritable: Bool { writer != nil && state.withLock { $0.canSign && $0.trust.stop == nil } }
    var transfers: TransferCounts { state.withLock { $0.transfers } }
    var currentIdentity: CoreIdentity { state.withLock { $0.identity } }
    /// The error of whoever uses the core after its end; `nil` while it is open.
    var ended: HypercoreError? { state.withLock { $0.end }?.error(key) }
    var peerCount: Int { state.withLock { $0.peers.count } }
    var nextDeadline: Milliseconds? { state.withLock { $0.machine?.replicator.nextDeadline } }
}

// MARK: - Ending

extension Core {
    /// Takes note that nobody holds the core any more.
    ///
    /// - Returns: whether it can end. While write sets are under way it cannot: whoever opened the log again meanwhile
    ///   would read a head from the store that is about to be replaced.
    func becomeUnused() -> Bool {
        state.withLock { state in
            state.isUnused = state.hasWritesUnderway
            return !state.isUnused
        }
    }

    /// Takes note that somebody holds the core again.
    func becomeUsed() {
        state.withLock { $0.isUnused = false }
    }

    /// Ends the core if only its write sets have kept it.
    func endIfUnused() {
        if state.withLock({ $0.isUnused && !$0.hasWritesUnderway }) { registry.forgetIfUnused(self) }
    }

    /// Ends the core: waits end with an error, channels close, nothing further is staged. What was queued is written.
    func end(_ end: CoreEnd = .closed) {
        leaveMarks()
        let (handlers, channels, line, branches, wakes) = state.withLock { state in
            state.end = state.end ?? end
            defer { state.peers = [:] }
            registry.tally.addPeers(-state.peers.count)
            return (
                state.waiters.removeAll(), state.peers.values, state.line.abandon(), state.branches.values,
                state.extensions.removeAll()
            )
        }
        line.end(end.error(key))
        // Made now if need be: whoever comes later has to find that it is over.
        exclusivity.end(end.error(key))
        for branch in branches { branch.events.finish(with: nil) }
        for handler in handlers { handler(.failure(end.error(key))) }
        for channel in channels { channel.stream.close(channel, because: .ended) }
        for wake in wakes { wake() }
        events.finish(with: end.event)
    }
}
