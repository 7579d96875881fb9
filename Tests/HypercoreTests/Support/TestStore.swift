import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import StorageEngine
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
        readOnly: Bool = false
    ) throws {
        self.engine = engine
        let writer = readOnly ? nil : GroupWriter(engine, durability: durability)
        self.writer = writer
        registry = CoreRegistry(directory: try CoreDirectory(engine: engine, writer: writer)) { Self.keyPair($0) }
    }

    static func keyPair(_ alias: Alias) -> KeyPair {
        KeyPair(seed: SecretBytes(copying: BLAKE2b.hash(alias.name).array))
    }

    /// A core that this store can write, made where it is missing.
    func writable(_ name: String = "log") async throws -> Hypercore {
        let alias = Alias(namespace: .zero, name: Array(name.utf8))
        let manifest = CoreManifest(singleSigner: Self.keyPair(alias).publicKey)
        let identity = CoreIdentity(key: manifest.key, manifest: manifest.encoded, alias: alias)
        return try #require(try await registry.session(manifest.key.discoveryKey, creating: identity))
    }

    /// A core that is only known by its key, made where it is missing.
    func reader(of key: CoreKey) async throws -> Hypercore {
        try #require(try await registry.session(key.discoveryKey, creating: CoreIdentity(key: key)))
    }

    /// The same store, closed and opened again on the same engine.
    func reopened() async throws -> TestStore {
        registry.close()
        await writer?.close()
        return try TestStore(engine)
    }
}
