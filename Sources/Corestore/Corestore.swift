public import CompactEncoding
import Crypto
public import Hypercore
import HypercoreStorage
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
    let sessions = SessionList()

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
