import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import Replication
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

/// A store in memory whose named cores are derived from a seed, for tests of the log.
struct TestStore {
    let engine: any StorageEngine
    let writer: GroupWriter?
    let registry: CoreRegistry

    init(
        _ engine: any StorageEngine = MemoryEngine(tables: Schema.tables), durability: Durability = .relaxed,
        readOnly: Bool = false, queueByteCount: Int = 64 << 20, hashing: any TreeHashing = BLAKE2bTreeHashing(),
        signingDeadline: SigningDeadline = .never, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        wallClock: @escaping @Sendable () -> UInt64 = WallClock.milliseconds,
        limits: ReplicationLimits = ReplicationLimits(),
        makeSeed: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) }
    ) throws {
        self.engine = engine
        let writer =
            readOnly ? nil : GroupWriter(engine, durability: durability, maximumQueuedByteCount: queueByteCount)
        self.writer = writer
        registry = CoreRegistry(
            directory: try CoreDirectory(engine: engine, writer: writer), hashing: hashing,
            clock: clock, wallClock: wallClock, limits: limits, makeSeed: makeSeed, signingDeadline: signingDeadline,
            deriveKeyPair: { Self.keyPair($0) })
    }

    static var tables: [Table] { Schema.tables }

    /// How many cores are open, for whoever holds them.
    var openCount: Int { registry.state.withLock { $0.cores.count } }

    static func keyPair(_ alias: Alias) -> KeyPair {
        KeyPair(seed: SecretBytes(copying: BLAKE2b.hash(alias.name).array))
    }

    /// Who the core of a name is.
    static func identity(_ name: String = "log") -> CoreIdentity {
        let alias = Alias(namespace: .zero, name: Array(name.utf8))
        let manifest = CoreManifest(singleSigner: Self.keyPair(alias).publicKey)
        return CoreIdentity(key: manifest.key, manifest: manifest.encoded, alias: alias)
    }

    /// The key of the core of a name.
    static func key(_ name: String = "log") -> CoreKey { identity(name).key }

    /// A core that this store can write, made where it is missing.
    func writable(_ name: String = "log", encryption: BlockEncryption? = nil) async throws -> Hypercore {
        let identity = Self.identity(name)
        return try #require(
            try await registry.session(
                identity.key.discoveryKey, creating: identity, options: SessionOptions(encryption: encryption)))
    }

    /// A core that somebody else signs, made where it is missing.
    func signed(
        by signer: any AsyncSigner, _ manifest: CoreManifest? = nil, encryption: BlockEncryption? = nil
    ) async throws -> Hypercore {
        let manifest = manifest ?? CoreManifest(singleSigner: signer.publicKey)
        let identity = CoreIdentity(key: manifest.key, manifest: manifest.encoded)
        return try #require(
            try await registry.session(
                manifest.key.discoveryKey, creating: identity, options: SessionOptions(encryption: encryption),
                signer: signer))
    }

    /// A session that may be one that is not active, on a core that is made where it is missing.
    func session(_ name: String, isActive: Bool, isWriter: Bool = true) async throws -> Hypercore {
        let identity = isWriter ? Self.identity(name) : CoreIdentity(key: Self.key(name))
        return try #require(
            try await registry.session(
                identity.key.discoveryKey, creating: identity, options: SessionOptions(isActive: isActive)))
    }

    /// A core that is only known by its key, made where it is missing.
    func reader(of key: CoreKey) async throws -> Hypercore {
        try #require(try await registry.session(key.discoveryKey, creating: CoreIdentity(key: key)))
    }

    /// A core that is stored.
    func stored(_ key: CoreKey) async throws -> Hypercore? {
        try await registry.session(key.discoveryKey)
    }

    /// The same store, closed and opened again on the same engine.
    func reopened() async throws -> TestStore {
        registry.close()
        await writer?.close()
        return try TestStore(engine)
    }
}

// MARK: - What is stored

extension TestStore {
    struct StoredRecord: Hashable {
        let table: String
        let key: [UInt8]
        let value: [UInt8]
    }

    /// Everything that is stored.
    func allRecords() throws -> [StoredRecord] {
        var records: [StoredRecord] = []
        try engine.read { snapshot in
            for table in Schema.tables {
                try snapshot.scan(table, KeyRange()) { key, value in
                    records.append(
                        StoredRecord(
                            table: table.name, key: key.withUnsafeBytes { Array($0) },
                            value: value.withUnsafeBytes { Array($0) }))
                    return .next
                }
            }
        }
        return records
    }

    /// How many records a table has.
    func recordCount(of table: String) throws -> Int {
        try allRecords().count { $0.table == table }
    }

    /// How many pieces of garbage wait to be swept.
    func garbageCount() throws -> Int {
        try registry.directory.garbage(limit: .max).count
    }
}

/// Blocks that can be told apart.
func numberedBlocks(_ range: Range<Int>) -> [[UInt8]] {
    range.map { Array("block \($0)".utf8) }
}

/// Returns when `condition` holds, which other tasks see to. The time limit of the suite ends a wait that is in vain.
func until(_ condition: () throws -> Bool) async throws {
    while try !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// Expects `body` to throw a ``HypercoreError`` with this code.
@discardableResult
func expectError(
    _ code: HypercoreError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> HypercoreError? {
    let error = await #expect(throws: HypercoreError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    return error
}

extension Hypercore {
    /// Which of the first `count` blocks are here.
    func storedBlocks(of count: Int) throws -> [Int] {
        try (0..<count).filter { try has(UInt64($0)) }
    }

    /// How many waits of all sessions are under way.
    var waitCount: Int { core.state.withLock { $0.waiters.count } }

    /// How many changes wait for their turn, without those that were handed to a signer.
    var lineCount: Int { core.state.withLock { $0.line.count } }

    /// The length with everything that is queued.
    var stagedLength: UInt64 { core.state.withLock { $0.staged.length } }

    /// The length with everything that is queued, and with what waits in line for a change that is being written.
    var gatheredLength: UInt64 { core.state.withLock { $0.line.isEmpty ? $0.staged.length : $0.line.end.length } }
}
