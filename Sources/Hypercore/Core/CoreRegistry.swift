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
            if let ticket { try await awaitCreation(of: core, ticket) }
            return session
        } catch {
            throw HypercoreError(error, key: creation?.key)
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
            guard state.cores[core.discoveryKey]?.core === core else { return false }
            state.retain(core.discoveryKey)
            return true
        }
    }

    private func retain(
        _ discoveryKey: DiscoveryKey, creating creation: CoreIdentity?
    ) throws -> (core: Core, creation: CommitTicket?)? {
        let (opened, watchers) = try state.withLock { state -> (Entry?, [Watcher]) in
            guard !state.isClosed else { throw HypercoreError(.closed, key: creation?.key, "the store is closed") }
            if state.cores[discoveryKey] != nil {
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
            for key in state.cores.keys { state.retain(key) }
            return state.cores.values.map(\.core)
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
        for core in cores { core.end() }
        for watcher in watchers { watcher.closed() }
    }
}
