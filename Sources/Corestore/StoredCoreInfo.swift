public import CompactEncoding
public import Crypto
import HypercoreStorage
public import Manifest
import StorageEngine

/// What a store has of a log, read without opening it; see ``Corestore/info(of:)``.
public struct StoredCoreInfo: Hashable, Sendable {
    /// The log's key.
    public let key: CoreKey
    /// What the log is announced and found by.
    public let discoveryKey: DiscoveryKey
    /// Who may sign the log; `nil` while only its key is known.
    public let manifest: CoreManifest?
    /// The name that leads to the log; `nil` where none does.
    public let name: [UInt8]?
    /// The namespace of ``name``.
    public let namespace: Bytes32?
    /// The public key of the key pair that the store has for the log; `nil` where it has none. Secrets are not handed out.
    public let signer: PublicKey?
    /// How many blocks the log has.
    public let length: UInt64
    /// How often the log was truncated.
    public let fork: UInt64
    /// The topic of the group that the log belongs to; `nil` where it belongs to none.
    public let group: Bytes32?
}

extension Corestore {
    /// What is stored of a log, as of the last commit, without opening it; `nil` where nothing is.
    ///
    /// ```swift
    /// for try await discoveryKey in store.list() {
    ///     if let log = try store.info(of: discoveryKey) { print(log.key, log.length) }
    /// }
    /// ```
    ///
    /// It reads a few records and keeps nothing, so it is how to look through thousands of logs.
    ///
    /// - Throws: ``CorestoreError``: `.closed`, `.suspended`; `.storage`, also where a record is damaged.
    public func info(of discoveryKey: DiscoveryKey) throws(CorestoreError) -> StoredCoreInfo? {
        try requireOpen()
        do {
            let directory = root.directory
            // In one snapshot, so that a commit in between cannot mix two states.
            return try directory.engine.read { _ in
                guard let stored = try directory.find(discoveryKey) else { return nil }
                return try info(directory.identity(of: stored), stored)
            }
        } catch {
            throw CorestoreError(error)
        }
    }

    private func info(_ identity: CoreIdentity, _ stored: StoredCore) throws -> StoredCoreInfo {
        let head = try stored.head()
        return StoredCoreInfo(
            key: identity.key, discoveryKey: identity.key.discoveryKey,
            manifest: try identity.manifest.map { try CoreManifest(decoding: $0) }, name: identity.alias?.name,
            namespace: identity.alias?.namespace, signer: signer(of: identity), length: head.length, fork: head.fork,
            group: try stored.group()?.topic)
    }

    private func signer(of identity: CoreIdentity) -> PublicKey? {
        if let seed = identity.seed { return KeyPair(seed: seed).publicKey }
        guard identity.derivesKeyPair, let alias = identity.alias else { return nil }
        return root.keys.keyPair(name: alias.name, namespace: alias.namespace).publicKey
    }
}
