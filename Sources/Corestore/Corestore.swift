public import CompactEncoding
public import Crypto
public import Hypercore
import HypercoreStorage
public import Manifest
public import StorageEngine
import StorageLMDB
import Synchronization

/// Many logs behind one directory and one replication stream.
///
/// A store makes the cores that it can write out of names: its primary key and the name give the key pair. Cores of
/// others it opens by key. Everything is kept in one file; each core is open once, however many sessions it has.
///
/// ```swift
/// let store = try await Corestore.open(at: "./my-store")
/// let log = try await store.get(name: "log")
/// try await log.append(Array("hello".utf8))
/// try await store.close()
/// ```
///
/// A `Corestore` is a session on the store. ``session()`` and ``namespace(_:)-(String)`` open further ones; closing one
/// closes the cores that were opened through it, and closing the one that ``open(at:options:)`` returned closes the
/// store.
public final class Corestore: Sendable {
    let root: StoreRoot
    /// The namespace that this session's names live in; 32 zero bytes at the root.
    public let namespace: Bytes32
    /// Whether closing this session closes the store.
    private let ownsRoot: Bool
    private let sessions = SessionList()

    init(root: StoreRoot, namespace: Bytes32, ownsRoot: Bool) {
        self.root = root
        self.namespace = namespace
        self.ownsRoot = ownsRoot
    }
}

// MARK: - Opening and closing

extension Corestore {
    /// Opens the store in a directory, or begins one there.
    ///
    /// - Parameter path: the directory; made where it is missing, unless the store is opened read-only.
    /// - Throws: ``CorestoreError``: `.storage` where the directory cannot be used (it is in use by another process, holds
    ///   something else, may not be written …), `.assertion`, `.primaryKeyMismatch`.
    public static func open(at path: String, options: CorestoreOptions = CorestoreOptions()) async throws -> Corestore {
        var engineOptions = LMDBOptions()
        engineOptions.access = options.readOnly ? .readOnly : .readWrite
        if case .zstd(let level) = options.compression { engineOptions.compression = .zstd(level: level) }
        let engine: LMDBEngine
        do {
            engine = try LMDBEngine.open(at: path, tables: Schema.tables, options: engineOptions)
        } catch {
            throw CorestoreError(.storage, error.message)
        }
        do {
            return try await open(engine, options: options)
        } catch {
            try engine.close()
            throw error
        }
    }

    /// Opens a store on any engine that has the tables of `Schema.tables`; the store closes it.
    public static func open(
        _ engine: any StorageEngine, options: CorestoreOptions = CorestoreOptions()
    ) async throws -> Corestore {
        do {
            let root = try await StoreRoot(engine, options: options)
            return Corestore(root: root, namespace: .zero, ownsRoot: true)
        } catch {
            throw CorestoreError(error)
        }
    }

    /// Opens a further session with the same namespace. Closing it closes the cores that were opened through it.
    public func session() -> Corestore {
        Corestore(root: root, namespace: namespace, ownsRoot: false)
    }

    /// Opens a session whose names are apart from all others: `H(this namespace ‖ name)` (PROTOCOL §9).
    public func namespace(_ name: String) -> Corestore {
        namespace(Array(name.utf8))
    }

    /// Opens a session whose names are apart from all others.
    public func namespace(_ name: [UInt8]) -> Corestore {
        Corestore(root: root, namespace: KeyDerivation.namespace(name, in: namespace), ownsRoot: false)
    }

    /// Closes the cores that were opened through this session; at the root, closes the store: replication ends, and what
    /// was queued is written. Closing again does nothing.
    public func close() async throws {
        for session in sessions.close() { await session.close() }
        if ownsRoot { try await root.close() }
    }
}

// MARK: - Cores

extension Corestore {
    /// Opens the core of `name`, and makes it where there is none. This store can write to it.
    ///
    /// Once made, a name keeps its core.
    ///
    /// - Parameter encryption: how the session encrypts what it appends and decrypts what it reads; to be given anew each
    ///   time that the core is opened, for the store does not keep it.
    /// - Throws: ``CorestoreError``: `.notFound` in a read-only store that has no such name, `.closed`; `HypercoreError`.
    public func get(name: String, encryption: BlockEncryption? = nil) async throws -> Hypercore {
        try await get(name: Array(name.utf8), encryption: encryption)
    }

    /// Opens the core of a name that is any bytes; see ``get(name:encryption:)-(String,_)``.
    public func get(name: [UInt8], encryption: BlockEncryption? = nil) async throws -> Hypercore {
        try requireOpen()
        try await root.registry.waitUntilReadable()
        let alias = Alias(namespace: namespace, name: name)
        if let discoveryKey = try root.resolve(alias) {
            return try await opened(
                discoveryKey, creating: nil, options: SessionOptions(encryption: encryption),
                "the core of this name is missing from the store")
        }
        guard !root.isReadOnly else {
            throw CorestoreError(
                .notFound, "no core is named \"\(String(decoding: name, as: UTF8.self))\" in this store")
        }
        let keyPair = root.keys.keyPair(name: name, namespace: namespace)
        let manifest = CoreManifest(singleSigner: keyPair.publicKey)
        let identity = CoreIdentity(key: manifest.key, manifest: manifest.encoded, alias: alias)
        return try await opened(
            manifest.key.discoveryKey, creating: identity, options: SessionOptions(encryption: encryption), "")
    }

    /// Opens the core of `key`, and prepares to read it from peers where nothing of it is stored.
    ///
    /// - Throws: ``CorestoreError``: `.notFound` in a read-only store that has nothing of it, `.closed`; `HypercoreError`.
    public func get(key: CoreKey, encryption: BlockEncryption? = nil) async throws -> Hypercore {
        let creation = root.isReadOnly ? nil : CoreIdentity(key: key)
        return try await opened(
            key.discoveryKey, creating: creation, options: SessionOptions(encryption: encryption),
            "nothing of the core \(key) is in this store")
    }

    /// Opens the core of `manifest`, and makes it where there is none. It is signed by `signer`, whose key the store need
    /// not hold and which may take its time: appends that arrive while a signature is made are signed together by the next
    /// one.
    ///
    /// - Throws: ``CorestoreError``: `.notFound` in a read-only store that has nothing of it, `.closed`; `HypercoreError`:
    ///   `.invalidManifest` where the manifest does not declare the signer.
    public func get(
        manifest: CoreManifest, signer: any AsyncSigner, encryption: BlockEncryption? = nil
    ) async throws -> Hypercore {
        let creation = root.isReadOnly ? nil : CoreIdentity(key: manifest.key, manifest: manifest.encoded)
        return try await opened(
            manifest.key.discoveryKey, creating: creation, options: SessionOptions(encryption: encryption),
            signer: signer,
            "nothing of the core \(manifest.key) is in this store")
    }

    /// Opens the stored core of `discoveryKey`.
    ///
    /// - Throws: ``CorestoreError``: `.notFound`, `.closed`; `HypercoreError`.
    public func get(discoveryKey: DiscoveryKey, encryption: BlockEncryption? = nil) async throws -> Hypercore {
        try await opened(
            discoveryKey, creating: nil, options: SessionOptions(encryption: encryption),
            "no core with discovery key \(discoveryKey) is in this store")
    }

    private func opened(
        _ discoveryKey: DiscoveryKey, creating creation: CoreIdentity?, options: SessionOptions,
        signer: (any AsyncSigner)? = nil, _ missing: @autoclosure () -> String
    ) async throws -> Hypercore {
        try requireOpen()
        guard
            let session = try await root.registry.session(
                discoveryKey, creating: creation, options: options, signer: signer)
        else {
            throw CorestoreError(.notFound, missing())
        }
        try await sessions.add(session)
        return session
    }

    func requireOpen() throws(CorestoreError) {
        try sessions.requireOpen()
        try root.requireOpen()
    }

    /// The discovery keys of all cores in the store, or of the named ones of `namespace`.
    public func list(namespace: Bytes32? = nil) -> CoreList {
        CoreList(directory: root.directory, namespace: namespace)
    }
}

// MARK: - Atomic batches

extension Corestore {
    /// Makes changes to any number of the store's logs, all or nothing, in one commit.
    ///
    /// ```swift
    /// try await store.atomically { batch in
    ///     try batch.append(order, to: orders)
    ///     try batch.setUserData(cursor, for: "cursor", of: orders)
    ///     try batch.truncate(drafts, to: 0)
    /// }
    /// ```
    ///
    /// The batch can be read through while it is made; nobody else sees anything of it before this returns. The closure
    /// runs once. What it throws ends the batch, and nothing of it happens.
    ///
    /// - Throws: what `body` throws; ``CorestoreError``: `.closed`; `HypercoreError`: `.conflict` where one of the logs
    ///   was changed by somebody else meanwhile (make the batch again), `.tooLarge`, `.storage`; `CancellationError`
    ///   while it waits for its turn.
    public func atomically<Value>(_ body: (AtomicBatch) async throws -> Value) async throws -> Value {
        try requireOpen()
        return try await root.registry.atomically(body)
    }

    /// Begins a batch of changes that is held for as long as it takes, and committed or cancelled then.
    ///
    /// ```swift
    /// let batch = try store.beginBatch()
    /// for order in orders { try batch.append(order, to: log) }
    /// try await batch.commit()
    /// ```
    ///
    /// It is what ``atomically(_:)`` hands to its closure, with the same bounds and the same rules: the logs stay free, and
    /// a log that somebody else changes before ``AtomicBatch/commit()`` makes that fail with `.conflict`. A batch that is
    /// dropped has done nothing.
    ///
    /// - Throws: ``CorestoreError``: `.closed`; `HypercoreError`: `.closed`.
    public func beginBatch() throws -> AtomicBatch {
        try requireOpen()
        return try root.registry.beginBatch()
    }
}

// MARK: - Replication

extension Corestore {
    /// Replicates over `stream`: all cores that are open now or later, and the stored ones that the other side asks for.
    ///
    /// Keys are never exchanged; the other side gets the cores whose keys it knows.
    public func replicate(on stream: ReplicationStream) {
        root.registry.replicate(on: stream)
    }
}
