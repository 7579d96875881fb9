public import Crypto
public import HypercoreStorage
import Manifest
import Replication
import StorageEngine
import Synchronization

extension CoreRegistry {
    /// Opens a session on the core of `discoveryKey`.
    ///
    /// - Parameters:
    ///   - creation: who the core is, should it not be stored yet; `nil` opens only what is stored.
    ///   - options: how the session is opened.
    ///   - signer: what signs the core from now on, for all of its sessions, in place of any key that the store holds;
    ///     until nobody has the core open any more.
    /// - Returns: the session, or `nil` where nothing is stored and nothing was to be created.
    /// - Throws: `HypercoreError`: `.closed`, `.damaged`, `.storage`; `.notWritable` for creating in a read-only store;
    ///   `.invalidManifest` for a signer that the core's manifest does not declare.
    public func session(
        _ discoveryKey: DiscoveryKey, creating creation: CoreIdentity? = nil,
        options: SessionOptions = SessionOptions(), signer: (any AsyncSigner)? = nil
    ) async throws -> Hypercore? {
        do {
            try await gate.pass()
            await waitForRemoval(of: discoveryKey)
            guard let (core, ticket) = try retain(discoveryKey, creating: creation) else { return nil }
            let session = Hypercore(
                retaining: core, cipher: options.encryption.map { SessionCipher($0) }, isActive: options.isActive)
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

    private func retain(
        _ discoveryKey: DiscoveryKey, creating creation: CoreIdentity?
    ) throws -> (core: Core, creation: CommitTicket?)? {
        let opened = try state.withLock { state -> Entry? in
            guard !state.isClosed else { throw HypercoreError(.closed, key: creation?.key, "the store is closed") }
            if let entry = state.cores[discoveryKey] {
                guard entry.removal == nil else { throw CoreEnd.purged.error(entry.core.key) }
                state.retain(discoveryKey)
                return state.cores[discoveryKey]
            }
            // A handful of records: short enough to be read under the lock, which keeps a core from being opened twice.
            guard let entry = try open(discoveryKey, creating: creation) else { return nil }
            state.cores[discoveryKey] = entry
            return entry
        }
        return opened.map { ($0.core, $0.creation) }
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
            replicator: Replicator(
                key: identity.key, configuration: unwantedConfiguration, seed: .random(in: .min ... .max)))
        return Core(key: identity.key, stored: stored, registry: self, state: state)
    }

    /// How a core replicates before anybody wants it. A store that was opened read-only never asks for anything.
    private var unwantedConfiguration: ReplicatorConfiguration {
        var configuration = ReplicatorConfiguration()
        configuration.isDownloading = false
        configuration.upgradesEagerly = directory.writer != nil
        return configuration
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
