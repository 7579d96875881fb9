public import Crypto
public import HypercoreStorage
import Manifest
import MerkleTree
public import Replication
import StorageEngine
import Synchronization

/// The open cores of one store: each is open once, however many sessions and peers it has.
///
/// Whoever retains a core must release it. A core that nobody holds any more is forgotten; nothing of it needs to be
/// written then, because everything acknowledged already was.
public final class CoreRegistry: Sendable {
    /// Derives the key pair of a named core from the store's primary key.
    public typealias KeyPairDerivation = @Sendable (Alias) -> KeyPair

    /// The stored cores.
    public let directory: CoreDirectory
    let hashing: any TreeHashing
    let signingDeadline: SigningDeadline
    let clock: @Sendable () -> ContinuousClock.Instant
    let limits: ReplicationLimits
    let makeSeed: @Sendable () -> UInt64
    let deriveKeyPair: KeyPairDerivation
    let sweeper: Sweeper
    /// What happens in all cores.
    let tally = StoreTally()
    /// Who is told of changes to the logs of groups.
    let groups: GroupWatch
    /// Who is told of logs that are opened.
    let openings = OpeningWatch()
    /// Shut while the store is suspended.
    let gate = Gate()
    /// Who may confirm the logs of a store that is in doubt. Taken under a core's lock.
    let witnesses = Mutex(Witnesses())
    let state = Mutex(State())

    struct State {
        var cores: [DiscoveryKey: Entry] = [:]
        var watchers: [UInt64: Watcher] = [:]
        var nextWatcher: UInt64 = 0
        /// Who looks for peers of all logs; see ``FindingPeers``.
        var searchCount = 0
        var isClosed = false

        /// Counts one more holder of an open core.
        mutating func retain(_ discoveryKey: DiscoveryKey) {
            cores[discoveryKey]?.holders += 1
            if let entry = cores[discoveryKey], entry.holders == 1 { entry.core.becomeUsed() }
        }

        /// Counts one more holder of each core that is open.
        mutating func retainOpenCores() -> [Core] {
            let open = cores.values.filter { $0.removal == nil }.map(\.core)
            for core in open { retain(core.discoveryKey) }
            return open
        }
    }

    /// Whoever has to know of cores that come to be wanted, and of the end of the registry.
    struct Watcher: Sendable {
        let wanted: @Sendable (Core) -> Void
        let closed: @Sendable () -> Void
    }

    struct Entry {
        let core: Core
        /// Sessions and channels that need the core. None, while only its last write sets keep it.
        var holders: Int
        /// The commit that makes a new core durable.
        var creation: CommitTicket?
        /// The commit that removes the core from the store, while it is under way.
        var removal: CommitTicket?

        init(core: Core, holders: Int, creation: CommitTicket? = nil) {
            self.core = core
            self.holders = holders
            self.creation = creation
        }
    }

    /// Manages the cores of `directory`.
    ///
    /// - Parameters:
    ///   - directory: the cores of an engine.
    ///   - hashing: how blocks and nodes are hashed.
    ///   - clock: what time it is; replaced by simulations, together with that of the streams.
    ///   - wallClock: what time of day it is, in milliseconds since 1970, for the timestamps of groups.
    ///   - limits: the bounds of replication, for each log.
    ///   - makeSeed: what the random choices of a log's replication are made from; replaced by simulations.
    ///   - signingDeadline: how long a signer that is not in memory may take.
    ///   - deriveKeyPair: makes the key pair of a named core, when it is first appended to.
    public init(
        directory: CoreDirectory, hashing: any TreeHashing = BLAKE2bTreeHashing(),
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        wallClock: @escaping @Sendable () -> UInt64 = WallClock.milliseconds,
        limits: ReplicationLimits = ReplicationLimits(),
        makeSeed: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) },
        signingDeadline: SigningDeadline = .after(.seconds(60)), deriveKeyPair: @escaping KeyPairDerivation
    ) {
        self.signingDeadline = signingDeadline
        self.clock = clock
        self.limits = limits
        self.makeSeed = makeSeed
        self.directory = directory
        self.hashing = hashing
        self.deriveKeyPair = deriveKeyPair
        sweeper = Sweeper(directory)
        groups = GroupWatch(wallClock: wallClock)
    }
}

extension CoreRegistry {
    var now: Milliseconds { ReplicationTime.milliseconds(at: clock()) }
}

// MARK: - Ending

extension CoreRegistry {
    /// Ends all cores and their streams, and refuses to open others. What was queued to be written is still written.
    public func close() {
        let (cores, watchers) = state.withLock { state in
            state.isClosed = true
            defer { (state.cores, state.watchers) = ([:], [:]) }
            return (state.cores.values.map(\.core), state.watchers.values)
        }
        openings.removeAll()
        gate.open()
        for core in cores { core.end() }
        for watcher in watchers { watcher.closed() }
        groups.finish()
    }
}
