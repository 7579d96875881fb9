public import Crypto
public import HypercoreStorage
import Manifest
import MerkleTree
import Replication
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
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let deriveKeyPair: KeyPairDerivation
    private let sweeper: Sweeper
    /// Shut while the store is suspended.
    let gate = Gate()
    /// Who may confirm the logs of a store that is in doubt. Taken under a core's lock.
    let witnesses = Mutex(Witnesses())
    private let state = Mutex(State())

    private struct State {
        var cores: [DiscoveryKey: Entry] = [:]
        var watchers: [UInt64: Watcher] = [:]
        var nextWatcher: UInt64 = 0
        var isClosed = false

        /// Counts one more holder of an open core.
        mutating func retain(_ discoveryKey: DiscoveryKey) {
            cores[discoveryKey]?.holders += 1
            if let entry = cores[discoveryKey], entry.holders == 1 { entry.core.becomeUsed() }
        }
    }

    /// Whoever has to know of cores that are opened, and of the end of the registry.
    struct Watcher: Sendable {
        let opened: @Sendable (Core) -> Void
        let closed: @Sendable () -> Void
    }

    private struct Entry {
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
    ///   - hashing: how blocks and nodes are hashed.
    ///   - clock: what time it is; replaced by simulations, together with that of the streams.
    ///   - signingDeadline: how long a signer that is not in memory may take.
    ///   - deriveKeyPair: makes the key pair of a named core, when it is first appended to.
    public init(
        directory: CoreDirectory, hashing: any TreeHashing = BLAKE2bTreeHashing(),
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        signingDeadline: SigningDeadline = .after(.seconds(60)), deriveKeyPair: @escaping KeyPairDerivation
    ) {
        self.signingDeadline = signingDeadline
        self.clock = clock
        self.directory = directory
        self.hashing = hashing
        self.deriveKeyPair = deriveKeyPair
        sweeper = Sweeper(directory)
    }
}

extension CoreRegistry {
    var now: Milliseconds { ReplicationTime.milliseconds(at: clock()) }
}

// MARK: - Opening

extension CoreRegistry {
    /// Opens a session on the core of `discoveryKey`.
    ///
    /// - Parameters:
    ///   - creation: who the core is, should it not be stored yet; `nil` opens only what is stored.
    ///   - encryption: how this session encrypts the blocks that it appends and decrypts those that it reads.
    ///   - signer: what signs the core from now on, for all of its sessions, in place of any key that the store holds;
    ///     until nobody has the core open any more.
    /// - Returns: the session, or `nil` where nothing is stored and nothing was to be created.
    /// - Throws: `HypercoreError`: `.closed`, `.damaged`, `.storage`; `.notWritable` for creating in a read-only store;
    ///   `.invalidManifest` for a signer that the core's manifest does not declare.
    public func session(
        _ discoveryKey: DiscoveryKey, creating creation: CoreIdentity? = nil, encryption: BlockEncryption? = nil,
        signer: (any AsyncSigner)? = nil
    ) async throws -> Hypercore? {
        do {
            try await gate.pass()
            await waitForRemoval(of: discoveryKey)
            guard let (core, ticket) = try retain(discoveryKey, creating: creation) else { return nil }
            let session = Hypercore(retaining: core, cipher: encryption.map { SessionCipher($0) })
            if let ticket { try await awaitCreation(of: core, ticket) }
            if let signer { try core.use(signer) }
            return session
        } catch {
            throw HypercoreError.translating(error, key: creation?.key)
        }
    }

    /// Waits until a core that was just made is stored. One that could not be is forgotten, so that it can be made anew.
    private func awaitCreation(of core: Core, _ ticket: CommitTicket) async throws {
        do throws(StorageError) {
            try await directory.writer?.commit(ticket)
        } catch {
            let isForgotten = state.withLock { state in
                guard state.cores[core.discoveryKey]?.core === core else { return false }
                state.cores[core.discoveryKey] = nil
                return true
            }
            if isForgotten { core.end() }
            throw error
        }
    }

    /// Retains the core of `discoveryKey`, opening it from storage where it is not open; `nil` where it is not stored.
    func retainStored(_ discoveryKey: DiscoveryKey) throws -> Core? {
        try retain(discoveryKey, creating: nil)?.core
    }

    /// Retains a core that was open a moment ago.
    ///
    /// - Returns: whether it still is.
    func retainAgain(_ core: Core) -> Bool {
        state.withLock { state in
            guard let entry = state.cores[core.discoveryKey], entry.core === core, entry.removal == nil else {
                return false
            }
            state.retain(core.discoveryKey)
            return true
        }
    }

    private func retain(
        _ discoveryKey: DiscoveryKey, creating creation: CoreIdentity?
    ) throws -> (core: Core, creation: CommitTicket?)? {
        let (opened, watchers) = try state.withLock { state -> (Entry?, [Watcher]) in
            guard !state.isClosed else { throw HypercoreError(.closed, key: creation?.key, "the store is closed") }
            if let entry = state.cores[discoveryKey] {
                guard entry.removal == nil else { throw CoreEnd.purged.error(entry.core.key) }
                state.retain(discoveryKey)
                return (state.cores[discoveryKey], [])
            }
            // A handful of records: short enough to be read under the lock, which keeps a core from being opened twice.
            guard let entry = try open(discoveryKey, creating: creation) else { return (nil, []) }
            state.cores[discoveryKey] = entry
            return (entry, Array(state.watchers.values))
        }
        guard let opened else { return nil }
        for watcher in watchers { watcher.opened(opened.core) }
        return (opened.core, opened.creation)
    }

    private func open(_ discoveryKey: DiscoveryKey, creating creation: CoreIdentity?) throws -> Entry? {
        if let stored = try directory.find(discoveryKey) {
            let (identity, head, presence) = try directory.engine.read { _ in
                (try directory.identity(of: stored), try stored.head(), try stored.presence())
            }
            return Entry(core: try makeCore(identity, stored, head: head, presence: presence), holders: 1)
        }
        guard let creation else { return nil }
        guard let writer = directory.writer else {
            throw HypercoreError(
                .notWritable, key: creation.key, "nothing is stored, and the store was opened read-only")
        }
        let (stored, ticket) = try directory.create(creation, with: writer)
        let core = try makeCore(creation, stored, head: HeadRecord(), presence: nil)
        return Entry(core: core, holders: 1, creation: ticket)
    }

    private func makeCore(
        _ identity: CoreIdentity, _ stored: StoredCore, head: HeadRecord, presence: PresenceRecord?
    ) throws -> Core {
        let authority = try authority(of: identity)
        let signer = authority.flatMap { self.signer(for: identity, authority: $0) }
        let state = CoreState(
            durable: head, staged: head, blocks: BlockPresence(stored, record: presence), identity: identity,
            authority: authority, signer: signer, trust: try trust(in: stored, signs: signer != nil),
            replicator: Replicator(key: identity.key, seed: .random(in: .min ... .max)))
        return Core(key: identity.key, stored: stored, registry: self, state: state)
    }

    private func authority(of identity: CoreIdentity) throws(HypercoreError) -> TreeAuthority? {
        do {
            return try identity.manifest.map { manifest in
                try TreeAuthority(key: identity.key, manifest: CoreManifest(decoding: manifest))
            }
        } catch {
            throw HypercoreError(.damaged, key: identity.key, "the stored manifest is damaged: \(error)")
        }
    }

    private func signer(for identity: CoreIdentity, authority: TreeAuthority) -> CoreSigner? {
        if let seed = identity.seed { return CoreSigner(authority: authority) { KeyPair(seed: seed) } }
        guard let alias = identity.alias else { return nil }
        return CoreSigner(authority: authority) { [deriveKeyPair] in deriveKeyPair(alias) }
    }
}

// MARK: - Purging

extension CoreRegistry {
    /// Removes a core from the store; see ``Hypercore/purge()``.
    func purge(_ core: Core) async throws {
        do {
            let writer = try core.requireWriter()
            let ticket = try state.withLock { state -> CommitTicket in
                guard let entry = state.cores[core.discoveryKey], entry.core === core else {
                    throw core.ended ?? CoreEnd.closed.error(core.key)
                }
                if let removal = entry.removal { return removal }
                let set = directory.purgeSet(core.stored, core.currentIdentity)
                let ticket = writer.enqueue(set) { [self] outcome in finishPurging(core, outcome) }
                state.cores[core.discoveryKey]?.removal = ticket
                return ticket
            }
            try await writer.commit(ticket)
        } catch {
            throw HypercoreError.translating(error, key: core.key)
        }
    }

    private func finishPurging(_ core: Core, _ outcome: Result<CommitReceipt, StorageError>) {
        let isRemoved = (try? outcome.get()) != nil
        state.withLock { state in
            guard state.cores[core.discoveryKey]?.core === core else { return }
            if isRemoved {
                state.cores[core.discoveryKey] = nil
            } else {
                state.cores[core.discoveryKey]?.removal = nil
            }
        }
        guard isRemoved else { return }
        core.end(.purged)
        sweep()
    }

    /// Returns when no purge of this core is under way.
    private func waitForRemoval(of discoveryKey: DiscoveryKey) async {
        while let removal = state.withLock({ $0.cores[discoveryKey]?.removal }) {
            // Whether it went well is told to those who purge.
            _ = try? await directory.writer?.commit(removal)
        }
    }
}

// MARK: - Sweeping

extension CoreRegistry {
    /// Sweeps, soon, what no log and no snapshot refers to any more.
    public func sweep() {
        sweeper.wake { [weak self] in self?.openCoresByNumber ?? [:] }
    }

    /// Returns when nothing is left to be swept, but for what snapshots read.
    public func finishSweeping() async {
        await sweeper.settle()
    }

    /// Ends sweeping for good, after the step that is under way. What is left is swept the next time that the store is
    /// opened.
    public func stopSweeping() async {
        await sweeper.stop()
    }

    private var openCoresByNumber: [CoreNumber: Core] {
        state.withLock { state in
            Dictionary(uniqueKeysWithValues: state.cores.values.map { ($0.core.stored.number, $0.core) })
        }
    }
}

// MARK: - Suspending

extension CoreRegistry {
    /// Makes what may wait for a read wait: the store is about to be suspended.
    public func holdReaders() { gate.shut() }

    /// Lets go on what waited, sweeping included.
    public func releaseReaders() {
        gate.open()
        sweep()
    }

    /// Returns when the store can be read.
    ///
    /// - Throws: `CancellationError`.
    public func waitUntilReadable() async throws { try await gate.pass() }
}

// MARK: - Letting go

extension CoreRegistry {
    /// Lets go of a core that was retained; the last one to do so ends it.
    func release(_ core: Core) {
        let isLast = state.withLock { state in
            guard let entry = state.cores[core.discoveryKey], entry.core === core else { return false }
            state.cores[core.discoveryKey]?.holders -= 1
            guard entry.holders == 1, core.becomeUnused() else { return false }
            state.cores[core.discoveryKey] = nil
            return true
        }
        if isLast { core.end() }
    }

    /// Lets go of a core that nobody holds, now that its write sets have ended.
    func forgetIfUnused(_ core: Core) {
        let isForgotten = state.withLock { state in
            guard let entry = state.cores[core.discoveryKey], entry.core === core, entry.holders == 0,
                core.becomeUnused()
            else { return false }
            state.cores[core.discoveryKey] = nil
            return true
        }
        if isForgotten { core.end() }
    }

    /// Retains all cores that are open now.
    func retainOpenCores() -> [Core] {
        state.withLock { state in
            let open = state.cores.values.filter { $0.removal == nil }.map(\.core)
            for core in open { state.retain(core.discoveryKey) }
            return open
        }
    }

    /// Tells `watcher` of every core that is opened from now on, on the thread that opens it.
    ///
    /// - Returns: what ``unwatch(_:)`` takes; `nil` where the registry is closed.
    func watch(_ watcher: Watcher) -> UInt64? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = watcher
            return state.nextWatcher
        }
    }

    func unwatch(_ id: UInt64) {
        _ = state.withLock { $0.watchers.removeValue(forKey: id) }
    }

    /// Ends all cores and their streams, and refuses to open others. What was queued to be written is still written.
    public func close() {
        let (cores, watchers) = state.withLock { state in
            state.isClosed = true
            defer { (state.cores, state.watchers) = ([:], [:]) }
            return (state.cores.values.map(\.core), state.watchers.values)
        }
        gate.open()
        for core in cores { core.end() }
        for watcher in watchers { watcher.closed() }
    }
}
