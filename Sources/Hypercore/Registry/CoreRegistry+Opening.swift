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
    ///   - discoveryKey: which core.
    ///   - creation: who the core is, should it not be stored yet; `nil` opens only what is stored. What it says of a
    ///     core that is stored and does not know it yet (manifest, key pair, name) is stored.
    ///   - options: how the session is opened.
    ///   - signer: what signs the core from now on, for all of its sessions, in place of any key that the store holds;
    ///     until nobody has the core open any more.
    ///   - scope: what the session ends with, at the latest.
    /// - Returns: the session, or `nil` where nothing is stored and nothing was to be created.
    /// - Throws: `HypercoreError`: `.closed`, `.damaged`, `.storage`; `.notWritable` for creating or overwriting in a
    ///   read-only store; `.invalidManifest` for a manifest of another core, or a signer that it does not declare;
    ///   `.anotherCore` where the name leads elsewhere; `.inUse` for overwriting what is open.
    public func session(
        _ discoveryKey: DiscoveryKey, creating creation: CoreIdentity? = nil,
        options: SessionOptions = SessionOptions(), signer: (any AsyncSigner)? = nil, in scope: SessionScope? = nil
    ) async throws -> Hypercore? {
        do {
            try await gate.pass()
            let creation = try creation?.validated(signer: signer?.publicKey)
            if let alias = creation?.alias { try await vacate(alias, for: discoveryKey, force: options.force) }
            await waitForRemoval(of: discoveryKey)
            guard let (core, ticket) = try retain(discoveryKey, creating: creation, options) else { return nil }
            let session = Hypercore(
                retaining: core, cipher: options.encryption.map { SessionCipher($0) }, isReadOnly: options.isReadOnly,
                isActive: options.isActive, scope: scope)
            if let ticket { try await awaitCreation(of: core, ticket) }
            try session.requireOpen()
            if options.overwrite { sweep() }
            if let creation { try await core.adopt(creation) }
            if let signer { try core.use(signer) }
            if let group = options.group { try await core.join(group) }
            try await session.assume(options)
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
        try retain(discoveryKey, creating: nil, SessionOptions())?.core
    }

    private func retain(
        _ discoveryKey: DiscoveryKey, creating creation: CoreIdentity?, _ options: SessionOptions
    ) throws -> (core: Core, creation: CommitTicket?)? {
        let (opened, replaced, isNews) = try state.withLock { state -> (Entry?, Core?, Bool) in
            guard !state.isClosed else { throw HypercoreError(.closed, key: creation?.key, "the store is closed") }
            let present = state.cores[discoveryKey]
            if let present {
                guard present.removal == nil else { throw CoreEnd.purged.error(present.core.key) }
                guard options.overwrite else {
                    state.retain(discoveryKey)
                    return (state.cores[discoveryKey], nil, present.holders == 0)
                }
                guard present.holders == 0 else { throw HypercoreError.inUse(present.core.key, "begun anew") }
            }
            // A handful of records: short enough to be read under the lock, which keeps a core from being opened twice.
            guard let entry = try open(discoveryKey, present?.core, creating: creation, options) else {
                return (nil, nil, false)
            }
            if state.searchCount > 0 { entry.core.state.withLock { $0.countSearch(1) } }
            state.cores[discoveryKey] = entry
            return (entry, present?.core, true)
        }
        // What it had queued comes earlier in the queue than its removal.
        replaced?.end(.purged)
        if isNews, let core = opened?.core { openings.tell(of: core) }
        return opened.map { ($0.core, $0.creation) }
    }

    /// Opens, creates or begins anew a core that nobody holds.
    ///
    /// - Parameter unused: the core itself, where only its last write sets keep it.
    private func open(
        _ discoveryKey: DiscoveryKey, _ unused: Core?, creating creation: CoreIdentity?, _ options: SessionOptions
    ) throws -> Entry? {
        if options.overwrite, let stored = try unused?.stored ?? directory.find(discoveryKey) {
            return try beginAnew(discoveryKey, stored, unused, creating: creation)
        }
        if let (stored, records) = try directory.open(discoveryKey) {
            try reachGroup(of: records)
            return Entry(core: try makeCore(discoveryKey, stored, records), holders: 1)
        }
        guard options.createIfMissing, let creation else { return nil }
        try creation.requireDeclaredSigner()
        let writer = try requireWriter(for: creation.key, "nothing is stored, and the store was opened read-only")
        let (stored, ticket) = try directory.create(creation, with: writer)
        return Entry(
            core: try makeCore(discoveryKey, stored, CoreRecords(new: creation)), holders: 1, creation: ticket)
    }

    private func beginAnew(
        _ discoveryKey: DiscoveryKey, _ stored: StoredCore, _ unused: Core?, creating creation: CoreIdentity?
    ) throws -> Entry {
        let old = try unused?.currentIdentity ?? directory.identity(of: stored)
        let writer = try requireWriter(for: old.key, "the store was opened read-only")
        let identity = try creation.flatMap { try old.completed(by: $0) } ?? old
        let (fresh, ticket) = try directory.replace(
            stored, old, groups: unused?.groupPlaces ?? [], by: identity, with: writer)
        return Entry(
            core: try makeCore(discoveryKey, fresh, CoreRecords(new: identity)), holders: 1, creation: ticket)
    }

    private func requireWriter(for key: CoreKey, _ reason: String) throws(HypercoreError) -> GroupWriter {
        guard let writer = directory.writer else { throw HypercoreError(.notWritable, key: key, reason) }
        return writer
    }
}

// MARK: - Making cores

extension CoreRegistry {
    /// Reads nothing: a core whose creation is queued already has to be there, whatever becomes of the store.
    private func makeCore(
        _ discoveryKey: DiscoveryKey, _ stored: StoredCore, _ records: CoreRecords
    ) throws -> Core {
        let identity = records.identity
        let authority = try authority(of: identity)
        let signer = authority.flatMap { self.signer(for: identity, authority: $0) }
        let signsAlone = signer?.signsAlone ?? false
        let state = CoreState(
            durable: records.head, staged: records.head, blocks: BlockPresence(stored, record: records.presence),
            identity: identity,
            authority: authority, signer: signsAlone ? signer : nil, cosigner: signsAlone ? nil : signer,
            trust: trust(records.trust, isFrozen: records.isFrozen, signs: signsAlone),
            group: GroupMembership(records.group), replication: unwantedConfiguration)
        return Core(
            key: identity.key, discoveryKey: discoveryKey, stored: stored, registry: self,
            marks: MarkKeeper(stored, record: records.marks), state: state)
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

    /// What signs with the keys that the store holds for a core; `nil` where it holds none.
    func signer(for identity: CoreIdentity, authority: TreeAuthority) -> CoreSigner? {
        if let seed = identity.seed { return CoreSigner(authority: authority) { KeyPair(seed: seed) } }
        guard identity.derivesKeyPair, let alias = identity.alias else { return nil }
        return CoreSigner(authority: authority) { [deriveKeyPair] in deriveKeyPair(alias) }
    }
}

extension HypercoreError {
    static func inUse(_ key: CoreKey, _ change: String) -> HypercoreError {
        HypercoreError(
            .inUse, key: key,
            "the log is open, in a session or with a peer, so it cannot be \(change): close its sessions and connections first"
        )
    }
}
