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
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let deriveKeyPair: KeyPairDerivation
    private let state = Mutex(State())

    private struct State {
        var cores: [DiscoveryKey: Entry] = [:]
        var watchers: [UInt64: @Sendable (Core) -> Void] = [:]
        var nextWatcher: UInt64 = 0
        var isClosed = false
    }

    private struct Entry {
        let core: Core
        /// Sessions and channels that need the core.
        var holders: Int
        /// The commit that makes a new core durable.
        var creation: CommitTicket?

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
    ///   - deriveKeyPair: makes the key pair of a named core, when it is first appended to.
    public init(
        directory: CoreDirectory, hashing: any TreeHashing = BLAKE2bTreeHashing(),
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, deriveKeyPair: @escaping KeyPairDerivation
    ) {
        self.clock = clock
        self.directory = directory
        self.hashing = hashing
        self.deriveKeyPair = deriveKeyPair
    }
}

extension CoreRegistry {
    var now: Milliseconds { ReplicationTime.milliseconds(at: clock()) }
}

// MARK: - Opening

extension CoreRegistry {
    /// Opens a session on the core of `discoveryKey`.
    ///
    /// - Parameter creation: who the core is, should it not be stored yet; `nil` opens only what is stored.
    /// - Returns: the session, or `nil` where nothing is stored and nothing was to be created.
    /// - Throws: `HypercoreError`: `.closed`, `.damaged`, `.storage`; `.notWritable` for creating in a read-only store.
    public func session(_ discoveryKey: DiscoveryKey, creating creation: CoreIdentity? = nil) async throws -> Hypercore?
    {
        do {
            guard let (core, ticket) = try retain(discoveryKey, creating: creation) else { return nil }
            let session = Hypercore(retaining: core)
            if let ticket, let writer = directory.writer { _ = try await writer.commit(ticket) }
            return session
        } catch {
            throw HypercoreError(error, key: creation?.key)
        }
    }

    /// Retains the core of `discoveryKey`, opening it from storage where it is not open; `nil` where it is not stored.
    func retainStored(_ discoveryKey: DiscoveryKey) throws -> Core? {
        try retain(discoveryKey, creating: nil)?.core
    }

    /// Retains a core that somebody holds already.
    func retainAgain(_ core: Core) {
        state.withLock { state in
            precondition(state.cores[core.discoveryKey] != nil, "a core was retained after its last release")
            state.cores[core.discoveryKey]?.holders += 1
        }
    }

    private func retain(
        _ discoveryKey: DiscoveryKey, creating creation: CoreIdentity?
    ) throws -> (core: Core, creation: CommitTicket?)? {
        let (opened, watchers) = try state.withLock { state -> (Entry?, [@Sendable (Core) -> Void]) in
            guard !state.isClosed else { throw HypercoreError(.closed, key: creation?.key, "the store is closed") }
            if state.cores[discoveryKey] != nil {
                state.cores[discoveryKey]?.holders += 1
                return (state.cores[discoveryKey], [])
            }
            // A handful of records: short enough to be read under the lock, which keeps a core from being opened twice.
            guard let entry = try open(discoveryKey, creating: creation) else { return (nil, []) }
            state.cores[discoveryKey] = entry
            return (entry, Array(state.watchers.values))
        }
        guard let opened else { return nil }
        for watcher in watchers { watcher(opened.core) }
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
        let manifest = try identity.manifest.map { try CoreManifest(decoding: $0) }
        let authority = try manifest.map { try TreeAuthority(key: identity.key, manifest: $0) }
        let state = CoreState(
            durable: head, staged: head, blocks: BlockPresence(stored, record: presence), identity: identity,
            authority: authority, signer: authority.flatMap { signer(for: identity, authority: $0) },
            replicator: Replicator(key: identity.key, seed: .random(in: .min ... .max)))
        return Core(key: identity.key, stored: stored, registry: self, state: state)
    }

    private func signer(for identity: CoreIdentity, authority: TreeAuthority) -> CoreSigner? {
        if let seed = identity.seed { return CoreSigner(authority: authority) { KeyPair(seed: seed) } }
        guard let alias = identity.alias else { return nil }
        return CoreSigner(authority: authority) { [deriveKeyPair] in deriveKeyPair(alias) }
    }
}

// MARK: - Letting go

extension CoreRegistry {
    /// Lets go of a core that was retained; the last one to do so ends it.
    func release(_ core: Core) {
        let isLast = state.withLock { state in
            guard let entry = state.cores[core.discoveryKey], entry.core === core else { return false }
            guard entry.holders == 1 else {
                state.cores[core.discoveryKey]?.holders -= 1
                return false
            }
            state.cores[core.discoveryKey] = nil
            return true
        }
        if isLast { core.end() }
    }

    /// Retains all cores that are open now.
    func retainOpenCores() -> [Core] {
        state.withLock { state in
            for key in state.cores.keys { state.cores[key]?.holders += 1 }
            return state.cores.values.map(\.core)
        }
    }

    /// Calls `watcher` with every core that is opened from now on, on the thread that opens it; returns what
    /// ``unwatch(_:)`` takes.
    func watch(_ watcher: @escaping @Sendable (Core) -> Void) -> UInt64 {
        state.withLock { state in
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = watcher
            return state.nextWatcher
        }
    }

    func unwatch(_ id: UInt64) {
        _ = state.withLock { $0.watchers.removeValue(forKey: id) }
    }

    /// Ends all cores and refuses to open others. What was queued to be written is still written.
    public func close() {
        let cores = state.withLock { state in
            state.isClosed = true
            defer { state.cores = [:] }
            return state.cores.values.map(\.core)
        }
        for core in cores { core.end() }
    }
}
