import CompactEncoding
import Crypto
import Hypercore
import HypercoreStorage
import StorageEngine
import Synchronization

/// What all sessions of one store share.
final class StoreRoot: Sendable {
    let directory: CoreDirectory
    let registry: CoreRegistry
    let keys: KeyDerivation
    let namedKeyPairs: NamedKeyPairs
    let suspension: Suspension
    /// The primary key, which nothing shows but who asks for its bytes.
    let primaryKey: GuardedBytes
    /// Closes the store, once that was begun.
    private let closing = Mutex<Task<Void, any Error>?>(nil)

    var isReadOnly: Bool { directory.writer == nil }
    var isOpen: Bool { closing.withLock { $0 == nil } }

    init(_ engine: any StorageEngine, options: CorestoreOptions) async throws {
        let writer = options.readOnly ? nil : GroupWriter(engine, durability: options.durability)
        let directory = try CoreDirectory(engine: engine, writer: writer)
        try await directory.takeOverDoubt(isTrusted: options.trustsHistory)
        primaryKey = try await Self.primaryKey(of: directory, options)
        let keys = KeyDerivation(primaryKey: primaryKey)
        self.directory = directory
        self.keys = keys
        let namedKeyPairs = NamedKeyPairs(keys)
        self.namedKeyPairs = namedKeyPairs
        let environment = options.environment
        registry = CoreRegistry(
            directory: directory, clock: environment.clock, wallClock: environment.wallClock,
            limits: options.replicationLimits, makeSeed: environment.makeSeed
        ) { alias in namedKeyPairs.signer(of: alias) }
        suspension = Suspension(registry)
        // What an earlier process left unswept.
        registry.sweep()
    }

    func requireOpen() throws(CorestoreError) {
        guard isOpen else { throw .storeClosed }
    }

    /// What the storage engine can do beyond storing.
    ///
    /// - Throws: `.unsupported` where it cannot.
    func capability<Capability>() throws(CorestoreError) -> Capability {
        guard let engine = directory.engine as? Capability else {
            throw CorestoreError(
                .unsupported, "the store's engine, \(type(of: directory.engine)), is no \(Capability.self)")
        }
        return engine
    }

    func requireWriter() throws(CorestoreError) -> GroupWriter {
        guard let writer = directory.writer else {
            throw CorestoreError(.storage, "the store was opened read-only")
        }
        return writer
    }

    /// Where a name leads; `nil` where it is free.
    func resolve(_ alias: Alias) throws(CorestoreError) -> DiscoveryKey? {
        do {
            return try directory.resolve(alias)
        } catch {
            throw CorestoreError(error)
        }
    }

    /// The key of a stored core; `nil` where there is none.
    func key(of discoveryKey: DiscoveryKey) throws(CorestoreError) -> CoreKey? {
        do {
            return try directory.find(discoveryKey).map { try directory.identity(of: $0).key }
        } catch {
            throw CorestoreError(error)
        }
    }

    /// Ends replication and all cores, writes what was queued, and closes the file.
    ///
    /// Whoever closes it as well waits for the same end. It goes on where their tasks are cancelled.
    func close() async throws {
        let task = closing.withLock { closing in
            if let closing { return closing }
            let task = Task { try await shutDown() }
            closing = task
            return task
        }
        try await task.value
    }

    private func shutDown() async throws {
        registry.close()
        await registry.stopSweeping()
        await directory.writer?.close()
        try directory.engine.close()
    }

    /// The store's primary key: the stored one, or for a new store the given or a random one.
    private static func primaryKey(
        of directory: CoreDirectory, _ options: CorestoreOptions
    ) async throws -> GuardedBytes {
        if options.primaryKey != nil, !options.unsafe {
            throw CorestoreError(
                .assertion, "a primary key was given: say unsafe: true if no other store appends under the same key")
        }
        if let stored = try directory.primaryKey() {
            guard options.primaryKey == nil || options.primaryKey == stored else {
                throw CorestoreError(.primaryKeyMismatch, "the store has another primary key than the given one")
            }
            return try guarded(stored)
        }
        guard let writer = directory.writer else {
            throw CorestoreError(.notFound, "the store is empty: it was never opened for writing")
        }
        let key = try options.primaryKey.map { try guarded($0) } ?? GuardedBytes(randomCount: Bytes32.byteCount)
        try await directory.setPrimaryKey(key, with: writer)
        return key
    }

    private static func guarded(_ key: Bytes32) throws(CryptoError) -> GuardedBytes {
        try GuardedBytes(count: Bytes32.byteCount) { target in
            key.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }
}
