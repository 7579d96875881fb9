import CompactEncoding
import Corestore
import Crypto
import Hypercore
import Manifest
import Testing

@Suite(.timeLimit(.minutes(5))) struct StoredCoreInfoTests {
    @Test func `what is stored of a log is told without opening it`() async throws {
        let store = try await Corestore.inMemory()
        let topic = BLAKE2b.hash([1])
        let space = store.namespace("a")
        let own = try await space.get(name: "own", options: SessionOptions(group: topic))
        try await own.append(contentsOf: [[1], [2], [3]])
        try await own.truncate(to: 2)
        let keyPair = KeyPair()
        let imported = try await store.get(keyPair: keyPair)
        let foreign = try await store.get(key: CoreKey(.zero))
        for log in [own, imported, foreign] { await log.close() }
        #expect(store.openLogCount == 0)

        let first = try #require(try store.info(of: own.discoveryKey))
        #expect(first.key == own.key && first.discoveryKey == own.discoveryKey)
        #expect(first.name == Array("own".utf8) && first.namespace == space.namespace)
        #expect(try first.signer == space.createKeyPair("own").publicKey)
        #expect(first.manifest == CoreManifest(singleSigner: try #require(first.signer)))
        #expect(first.length == 2 && first.fork == 1 && first.group == topic)

        let second = try #require(try store.info(of: imported.discoveryKey))
        #expect(second.signer == keyPair.publicKey && second.name == nil && second.namespace == nil)
        #expect(second.manifest?.key == imported.key && second.length == 0 && second.group == nil)

        let third = try #require(try store.info(of: foreign.discoveryKey))
        #expect(third.key == foreign.key && third.manifest == nil && third.signer == nil && third.length == 0)
        #expect(try store.info(of: DiscoveryKey(.zero)) == nil)
        #expect(store.openLogCount == 0)
        try await store.close()
    }

    @Test func `a purged log is told of no more, and a suspended store says that it is`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await directory.open()
        let log = try await store.get(name: "log")
        try await store.suspend()
        await expectError(.suspended) { _ = try store.info(of: log.discoveryKey) }
        await expectError(.suspended) { for try await _ in store.list() {} }
        try await store.resume()
        #expect(try store.info(of: log.discoveryKey)?.length == 0)
        try await log.purge()
        #expect(try store.info(of: log.discoveryKey) == nil)
        try await store.close()
    }
}

@Suite(.timeLimit(.minutes(5))) struct KeyPairDerivationTests {
    @Test func `a key pair is that of its name, namespace and store`() async throws {
        let (store, other) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let space = store.namespace("a")
        let keyPair = try store.createKeyPair("name")
        #expect(try store.createKeyPair("name").publicKey == keyPair.publicKey)
        #expect(try store.createKeyPair(Array("name".utf8)).publicKey == keyPair.publicKey)
        #expect(try space.createKeyPair("name", in: store.namespace).publicKey == keyPair.publicKey)
        #expect(try space.createKeyPair("name").publicKey == store.createKeyPair("name", in: space.namespace).publicKey)
        let others = [
            try space.createKeyPair("name"), try store.createKeyPair("Name"), try other.createKeyPair("name"),
        ]
        for other in others { #expect(other.publicKey != keyPair.publicKey) }
        // It is the one that signs the log of the name.
        let log = try await store.get(name: "name")
        #expect(log.manifest == CoreManifest(singleSigner: keyPair.publicKey))
        try await store.close()
        try await other.close()
    }
}
