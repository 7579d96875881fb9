public import CompactEncoding
public import Crypto
public import Hypercore
import HypercoreStorage
public import Manifest
public import StorageEngine
import StorageLMDB

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
/// A `Corestore` is a session on the store. ``session(options:)`` and ``namespace(_:options:)-(String,_)`` open further
/// ones; closing one closes the cores that were opened through it, and closing the one that ``open(at:options:)`` returned
/// closes the store.
public final class Corestore: Sendable {
    let root: StoreRoot
    /// The namespace that this session's names live in; 32 zero bytes at the root.
    public let namespace: Bytes32
    let settings: StoreSessionSettings
    /// Whether closing this session closes the store.
    private let ownsRoot: Bool
    /// The sessions on logs that were opened through this one.
    let scope = SessionScope()
    /// What else ends with this session.
    let endings = SessionEndings()

    init(root: StoreRoot, namespace: Bytes32, settings: StoreSessionSettings, ownsRoot: Bool) {
        self.root = root
        self.namespace = namespace
        self.settings = settings
        self.ownsRoot = ownsRoot
    }
}

// MARK: - Opening and closing

extension Corestore {
    /// Opens the store in a directory, or begins one there.
    ///
    /// - Parameters:
    ///   - path: the directory; made where it is missing, unless the store is opened read-only.
    ///   - options: how the store is opened.
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
            return Corestore(
                root: root, namespace: .zero, settings: StoreSessionSettings(options), ownsRoot: true)
        } catch {
            throw CorestoreError(error)
        }
    }

    /// Closes the logs that were opened through this session, with all that was opened from these, and ends its watches,
    /// handles and searches; at the root, closes the store: replication ends, and what was queued is written. Sessions that
    /// were opened from this one go on, unless it is the root.
    ///
    /// It returns when all of that has happened, also where somebody else closes it at the same time. Closing again does
    /// nothing.
    ///
    /// - Throws: ``CorestoreError``, `.storage`, where the files could not be closed in order.
    public func close() async throws {
        end()
        if ownsRoot { try await translating { try await root.close() } }
    }

    /// Ends what was opened and handed out through this session.
    private func end() {
        endings.end()
        scope.close()
    }

    /// Whether the session, and the store, can be used.
    public var isOpen: Bool { scope.isOpen && root.isOpen }

    func requireOpen() throws(CorestoreError) {
        guard scope.isOpen else { throw .sessionClosed }
        try root.requireOpen()
    }
}

// MARK: - Sessions

extension Corestore {
    /// Opens a further session with the same namespace. Closing it closes the logs that were opened through it.
    ///
    /// A session that is opened from one that is closed is closed as well.
    public func session(options: StoreSessionOptions = StoreSessionOptions()) -> Corestore {
        session(namespace, options)
    }

    /// Opens a session whose names are apart from all others: `H(this namespace ‖ name)` (PROTOCOL §9).
    ///
    /// ```swift
    /// let log = try await store.namespace("chat").namespace("room").get(name: "log")
    /// ```
    public func namespace(_ name: String, options: StoreSessionOptions = StoreSessionOptions()) -> Corestore {
        namespace(Array(name.utf8), options: options)
    }

    /// Opens a session whose names are apart from all others, as those of any other bytes are.
    public func namespace(_ name: [UInt8], options: StoreSessionOptions = StoreSessionOptions()) -> Corestore {
        session(KeyDerivation.namespace(name, in: namespace), options)
    }

    private func session(_ namespace: Bytes32, _ options: StoreSessionOptions) -> Corestore {
        let session = Corestore(
            root: root, namespace: namespace, settings: settings.with(options), ownsRoot: false)
        if !scope.isOpen { session.end() }
        return session
    }
}

// MARK: - What the store is

extension Corestore {
    /// Where everything is kept. What only some engines can do, they say by the protocols that they conform to.
    public var storage: any StorageEngine { root.directory.engine }

    /// The key that all named logs derive from, in guarded memory: it is shown to whoever asks for its bytes, and never
    /// printed. **Whoever has it can sign all of these logs.**
    ///
    /// ```swift
    /// let backup = store.primaryKey.withUnsafeBytes { [UInt8]($0) }
    /// ```
    public var primaryKey: GuardedBytes { root.primaryKey }

    /// Whether logs are opened read-only through this session, because the store or the session was opened so.
    public var isReadOnly: Bool { settings.isReadOnly }

    /// Whether logs that are opened through this session are wanted; see ``CorestoreOptions/isActive``.
    public var isActive: Bool { settings.isActive }

    /// How many logs are open in this process, through any session of the store or because peers read them. A log takes
    /// memory only while it is open.
    public var openLogCount: Int { root.registry.openCount }

    /// The version of the manifests that logs of names and key pairs are made with through this session.
    public var manifestVersion: CoreManifest.Version { settings.manifestVersion }
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
    /// a log that somebody else changes before `AtomicBatch.commit()` makes that fail with `.conflict`. A batch that is
    /// dropped has done nothing.
    ///
    /// - Throws: ``CorestoreError``: `.closed`; `HypercoreError`: `.closed`.
    public func beginBatch() throws -> AtomicBatch {
        try requireOpen()
        return try root.registry.beginBatch()
    }
}
