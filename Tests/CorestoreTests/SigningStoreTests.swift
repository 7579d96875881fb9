import CompactEncoding
import Crypto
import Hypercore
import HypercoreStorage
import Manifest
import StorageEngine
import StorageLMDB
import Synchronization
import Testing

@testable import Corestore

@Suite(.timeLimit(.minutes(5))) struct SigningStoreTests {
    @Test func `a log is signed by who its manifest names, and opened again with or without them`() async throws {
        let directory = try TemporaryDirectory()
        let signer = DistantSigner()
        let manifest = CoreManifest(singleSigner: signer.publicKey)
        var store = try await Corestore.open(at: directory.path)
        let log = try await store.get(manifest: manifest, signer: signer)
        #expect(log.key == manifest.key && log.isWritable && !log.holdsSigningKey)
        #expect(try await log.append([1]).length == 1)
        try await store.close()

        store = try await Corestore.open(at: directory.path)
        let reading = try await store.get(key: manifest.key)
        #expect(try reading.read(0) == [1] && !reading.isWritable)
        let writing = try await store.get(manifest: manifest, signer: signer)
        #expect(try await writing.append([2]).length == 2)
        await #expect(throws: HypercoreError.self) {
            _ = try await store.get(manifest: manifest, signer: DistantSigner())
        }
        try await store.close()
    }

    @Test func `an encrypted log is read with its key, however it is opened`() async throws {
        let directory = try TemporaryDirectory()
        let secret = SecretBytes(randomCount: 32)
        var store = try await Corestore.open(at: directory.path)
        let log = try await store.get(name: "log", options: .encrypted(.key(secret)))
        try await log.append(contentsOf: [[1], Array(repeating: 2, count: 70_000)])
        let (key, discoveryKey) = (log.key, log.discoveryKey)
        try await store.close()

        store = try await Corestore.open(at: directory.path)
        for session in [
            try await store.get(name: "log", options: .encrypted(.key(secret))),
            try await store.get(key: key, options: .encrypted(.key(secret))),
            try await store.get(discoveryKey: discoveryKey, options: .encrypted(.key(secret))),
        ] {
            #expect(try session.read(0) == [1] && session.read(1) == Array(repeating: 2, count: 70_000))
        }
        #expect(try await store.get(name: "log").read(0)?.count == 9)
        try await store.close()
    }

    @Test func `on LMDB, appends to many logs at once cost far fewer commits than one after the other`() async throws {
        let directory = try TemporaryDirectory()
        let engine = CountingEngine(try LMDBEngine.open(at: directory.path, tables: Schema.tables))
        let store = try await Corestore.open(engine)
        var logs: [Hypercore] = []
        for number in 0..<10 { logs.append(try await store.get(name: "log \(number)")) }
        var before = engine.commitCount
        for log in logs { try await log.append([0]) }
        #expect(engine.commitCount - before == 10)
        before = engine.commitCount
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<500 { group.addTask { [logs] in try await logs[task % 10].append([UInt8(task & 255)]) } }
            try await group.waitForAll()
        }
        #expect(engine.commitCount - before < 250)
        #expect(logs.allSatisfy { $0.length == 51 })
        try await store.close()
    }
}

/// A signer that lets others go first.
private struct DistantSigner: AsyncSigner {
    let keyPair = KeyPair()
    var publicKey: PublicKey { keyPair.publicKey }

    func sign(_ message: [UInt8]) async throws -> Bytes64 {
        await Task.yield()
        return keyPair.sign(message)
    }
}

/// An engine that counts its commits.
private final class CountingEngine: StorageEngine {
    private let engine: any StorageEngine
    private let commits = Atomic(0)

    init(_ engine: any StorageEngine) {
        self.engine = engine
    }

    var commitCount: Int { commits.load(ordering: .relaxed) }
    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) { try engine.withSnapshot(body) }

    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        try engine.write(durability: durability, body)
        commits.add(1, ordering: .relaxed)
    }

    func sync() throws(StorageError) { try engine.sync() }
    func close() throws(StorageError) { try engine.close() }
}
