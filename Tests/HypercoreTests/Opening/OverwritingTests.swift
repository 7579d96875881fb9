import Crypto
import HypercoreStorage
import Manifest
import TestSupport
import Testing

@testable import Hypercore
@testable import StorageEngine

/// Beginning logs anew, and completing what is known of them, where storage fails or others come between.
@Suite(.timeLimit(.minutes(5))) struct OverwritingTests {
    private let overwrite = SessionOptions(overwrite: true)

    private func anew(_ store: TestStore) async throws -> Hypercore {
        let identity = TestStore.identity()
        return try #require(
            try await store.registry.session(identity.key.discoveryKey, creating: identity, options: overwrite))
    }

    @Test(arguments: [.write, .commit, .sync] as [FaultInjectingEngine.Operation])
    func `a log that could not be begun anew is as it was`(operation: FaultInjectingEngine.Operation) async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, durability: .full)
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        await log.close()
        engine.inject(.init(operation))
        await expectError(.storage) { _ = try await anew(store) }
        engine.heal()
        let again = try await store.writable()
        #expect(try again.length == 3 && again.read(2) == Array("block 2".utf8))
        try await again.append([1])
        await again.close()
        #expect(try await anew(store).length == 0)
        let reopened = try await store.reopened().writable()
        #expect(reopened.length == 0)
    }

    @Test func `who opens a log while it is begun anew gets the new one`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        try await log.append([1])
        await log.close()
        gate.shut()
        let overwriting = Task { try await anew(store) }
        await gate.waitUntilHolding()
        let opening = Task { try await store.writable() }
        gate.open()
        let (first, second) = (try await overwriting.value, try await opening.value)
        #expect(first.length == 0 && second.length == 0)
        try await first.append([2])
        #expect(try second.read(0) == [2])
        await store.registry.finishSweeping()
        #expect(try store.recordCount(of: "blocks") == 1)
    }

    @Test func `what was still being written when the log is begun anew is gone as well`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        gate.shut()
        let append = Task { try await log.append([1]) }
        await gate.waitUntilHolding()
        await log.close()
        let overwriting = Task { try await anew(store) }
        gate.open()
        _ = try? await append.value
        let again = try await overwriting.value
        #expect(again.length == 0)
        try await again.append([2])
        let reopened = try await store.reopened().writable()
        #expect(try reopened.length == 1 && reopened.read(0) == [2])
    }

    @Test func `a peer keeps a log from being begun anew, and is let go when it is gone`() async throws {
        let (home, away) = (try TestStore(), try TestStore())
        let log = try await home.writable()
        try await log.append([1])
        let copy = try await away.reader(of: log.key)
        let pipe = MemoryPipe(home.registry, away.registry)
        #expect(try await copy.get(0) == [1])
        await expectError(.inUse) { _ = try await anew(home) }
        await pipe.cutAndWait()
        await expectError(.inUse) { _ = try await anew(home) }
        await log.close()
        #expect(try await anew(home).length == 0)
    }

    @Test func `a manifest that could not be stored is not known, and can be given again`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine)
        let keyPair = KeyPair()
        let manifest = CoreManifest(singleSigner: keyPair.publicKey)
        let log = try await store.reader(of: manifest.key)
        engine.inject(.init(.commit))
        await expectError(.storage) { try await log.setManifest(manifest) }
        engine.heal()
        #expect(log.manifest == nil)
        try await log.setManifest(manifest)
        #expect(log.manifest == manifest)
        #expect(try await store.reopened().reader(of: manifest.key).manifest == manifest)
    }

    @Test func `a key pair and a manifest that come at once, by hand and from a peer, are both kept`() async throws {
        for round in 0..<20 {
            let (home, away) = (try TestStore(), try TestStore())
            let keyPair = KeyPair()
            let manifest = CoreManifest(singleSigner: keyPair.publicKey)
            let identity = CoreIdentity(key: manifest.key, manifest: manifest.encoded, seed: keyPair.seed)
            let log = try #require(
                try await home.registry.session(manifest.key.discoveryKey, creating: identity))
            try await log.append([1])
            let copy = try await away.reader(of: log.key)
            let pipe = MemoryPipe(home.registry, away.registry)
            async let block = copy.get(0)
            if round.isMultiple(of: 2) { await Task.yield() }
            let session = try await away.registry.session(manifest.key.discoveryKey, creating: identity)
            #expect(session != nil)
            #expect(try await block == [1])
            #expect(copy.holdsSigningKey && copy.manifest == manifest)
            await pipe.cutAndWait()
            let again = try #require(try await away.reopened().stored(log.key))
            #expect(again.holdsSigningKey && again.manifest == manifest && again.length == 1, "round \(round)")
        }
    }
}
