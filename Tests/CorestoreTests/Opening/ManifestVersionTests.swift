import Corestore
import Crypto
import Hypercore
import Manifest
import Testing

/// Which manifest the store's own logs are made with.
@Suite(.timeLimit(.minutes(5))) struct ManifestVersionTests {
    @Test(arguments: [CoreManifest.Version.v0, .v1, .v2])
    func `logs of names and key pairs are made with the version of the store, and replicate`(
        version: CoreManifest.Version
    ) async throws {
        let (store, reader) = (
            try await Corestore.inMemory { $0.manifestVersion = version }, try await Corestore.inMemory()
        )
        #expect(store.manifestVersion == version && store.namespace("a").session().manifestVersion == version)
        let keyPair = KeyPair()
        let logs = [try await store.get(name: "log"), try await store.get(keyPair: keyPair)]
        for log in logs {
            #expect(log.manifest?.version == version && log.manifest?.signers.count == 1)
            try await log.append([1])
        }
        #expect(logs[1].key == CoreManifest(singleSigner: keyPair.publicKey, version: version).key)
        // Whatever the version of whoever opens it by its key.
        #expect(try await store.get(.key(logs[1].key).signed(by: keyPair)).append([2]).length == 2)
        let other = store.session(options: StoreSessionOptions(manifestVersion: .v1))
        #expect(try await other.get(.key(logs[1].key).signed(by: keyPair)).key == logs[1].key)
        let pipe = StorePipe(store, reader)
        #expect(try await reader.get(key: logs[0].key).get(0) == [1])
        await pipe.cut()
        try await store.close()
        try await reader.close()
    }

    @Test func `a log keeps the manifest that it was made with, whatever the version is later`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.open()
        let log = try await store.get(name: "log")
        let key = log.key
        let later = store.session(options: StoreSessionOptions(manifestVersion: .v2))
        #expect(try await later.get(name: "log").key == key)
        #expect(try await later.get(name: "later").manifest?.version == .v2)
        try await store.close()
        store = try await directory.open { $0.manifestVersion = .v0 }
        #expect(try await store.get(name: "log").key == key)
        #expect(try await store.get(name: "later").manifest?.version == .v2)
        #expect(try await store.get(name: "latest").manifest?.version == .v0)
        try await store.close()
    }

    @Test func `a name with a manifest of one's own is signed by the name's key pair, also later`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.open()
        let keyPair = try store.namespace("n").createKeyPair("log")
        let manifest = CoreManifest(singleSigner: keyPair.publicKey, version: .v0)
        let log = try await store.namespace("n").get(.name("log").with(manifest))
        #expect(log.manifest == manifest && log.isWritable)
        try await log.append([1])
        try await store.close()

        store = try await directory.open()
        let again = try await store.namespace("n").get(name: "log")
        #expect(again.manifest == manifest)
        #expect(try await again.append([2]).length == 2)
        // One of which the name's key pair is no signer is read by this name.
        let foreign = CoreManifest(singleSigner: KeyPair().publicKey)
        let copy = try await store.get(.name("foreign").with(foreign))
        #expect(copy.manifest == foreign && !copy.isWritable)
        try await store.close()
    }
}
