import Crypto
import HypercoreStorage
import Manifest
import StorageEngine
import Testing

@testable import Hypercore

/// A writer that is shown a longer valid history under its own key takes it over, and stops.
///
/// All stores of these tests derive the same keys, as stores do that were given one primary key.
@Suite(.timeLimit(.minutes(5))) struct OvertakenTests {
    @Test func `a log that is restored onto an empty store comes back whole, and waits for its owner's word`()
        async throws
    {
        let original = try TestStore()
        try await original.writable().append(contentsOf: numberedBlocks(0..<3))
        var restored = try TestStore()
        var log = try await restored.writable()
        let events = log.events
        let pipe = MemoryPipe(original.registry, restored.registry)
        #expect(await events.first { $0 == .appendingStopped(.overtaken) } != nil)
        try await log.download(end: 3).finished()
        await pipe.cutAndWait()
        await log.expectStopped(.overtaken)
        #expect(try log.storedBlocks(of: 3) == [0, 1, 2])

        restored = try await restored.reopened()
        log = try await restored.writable()
        await log.expectStopped(.overtaken)
        try await log.trustHistory()
        #expect(try await log.append([3]).length == 4)
        restored = try await restored.reopened()
        #expect(try await restored.writable().append([4]).length == 5)
    }

    @Test func `two stores that write one log stop each other with every block, and never fork it`() async throws {
        let stores = (try TestStore(), try TestStore())
        let logs = (try await stores.0.writable(), try await stores.1.writable())
        try await logs.0.append([0])
        let pipe = MemoryPipe(stores.0.registry, stores.1.registry)
        var (writing, following) = (logs.0, logs.1)
        for length in 1...6 as ClosedRange<UInt64> {
            try await until { following.length == length && following.appendingStop == .overtaken }
            await following.expectStopped(.overtaken)
            #expect(writing.appendingStop == nil)
            (writing, following) = (following, writing)
            try await writing.trustHistory()
            try await writing.append([UInt8(length)])
        }
        try await until { following.length == 7 }
        #expect(try following.treeHash() == writing.treeHash())
        pipe.cut()
    }

    @Test(arguments: HistoryDoubt.allCases)
    func `what a doubtful store had lost comes back from a peer, and its owner says whether that is all`(
        doubt: HistoryDoubt
    ) async throws {
        let (store, witness) = (try TestStore(TestStore.doubtfulEngine()), try TestStore())
        try await store.writable().append(contentsOf: numberedBlocks(0..<2))
        try await witness.writable().append(contentsOf: numberedBlocks(0..<5))
        var again = try await store.reopened(doubting: doubt)
        var log = try await again.writable()
        for _ in 0..<2 {
            // The second time the peer has just as much; that does not say that nobody has more.
            let pipe = MemoryPipe(again.registry, witness.registry)
            try await until { log.length == 5 && log.appendingStop == .overtaken && log.peerCount == 1 }
            try await log.download(end: 5).finished()
            await pipe.cutAndWait()
            again = try await again.reopened()
            log = try await again.writable()
        }
        try await again.registry.trustHistory()
        await log.expectStopped(.overtaken)
        try await log.trustHistory()
        #expect(try await log.append([5]).length == 6)
        #expect(try log.storedBlocks(of: 6) == [0, 1, 2, 3, 4, 5])
    }

    @Test func `a longer log that arrives while an append is under way stops the next one`() async throws {
        let (gate, other) = (GatedEngine(MemoryEngine(tables: Schema.tables)), try TestStore())
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        try await other.writable().append(contentsOf: numberedBlocks(0..<5))
        gate.shut()
        let append = Task { try await log.append([100]) }
        await gate.waitUntilHolding()
        let pipe = MemoryPipe(store.registry, other.registry)
        try await until { log.appendingStop == .overtaken }
        await expectError(.appendingStopped) { try await log.append([101]) }
        gate.open()
        // It was signed before anybody could know.
        #expect(try await append.value.length == 4)
        try await store.writer?.flush()
        pipe.cut()
        let again = try await store.reopened()
        await (try await again.writable()).expectStopped(.overtaken)
    }

    @Test func `a stop that could not be stored is stored with the next block that a peer brings`() async throws {
        let (store, other) = (try TestStore(TestStore.doubtfulEngine()), try TestStore())
        let engine = try #require(store.engine as? FaultInjectingEngine)
        let log = try await store.writable()
        try await other.writable().append(contentsOf: numberedBlocks(0..<2))
        engine.inject(.init(.commit, isLasting: true))
        let failing = MemoryPipe(store.registry, other.registry)
        try await until { log.appendingStop == .overtaken && log.peerCount == 0 }
        await failing.cutAndWait()
        engine.heal()
        let pipe = MemoryPipe(store.registry, other.registry)
        try await until { log.length == 2 }
        await pipe.cutAndWait()
        let again = try await store.reopened()
        await (try await again.writable()).expectStopped(.overtaken)
    }

    @Test func `a log that several may sign is not overtaken when others do`() async throws {
        let pairs = (0..<2).map { _ in KeyPair() }
        let manifest = try CoreManifest(quorum: 1, signers: pairs.map { ManifestSigner(publicKey: $0.publicKey) })
        var logs: [Hypercore] = []
        let stores = [try TestStore(), try TestStore()]
        for (store, pair) in zip(stores, pairs) {
            let identity = CoreIdentity(key: manifest.key, manifest: manifest.encoded, seed: pair.seed)
            let session = try await store.registry.session(manifest.key.discoveryKey, creating: identity)
            logs.append(try #require(session))
        }
        let pipe = MemoryPipe(stores[0].registry, stores[1].registry)
        for length in 1...4 {
            let result = try await logs[length % 2].append([UInt8(length)])
            #expect(result.length == UInt64(length))
            try await until { logs[(length + 1) % 2].length == length }
        }
        #expect(logs.allSatisfy { $0.appendingStop == nil })
        pipe.cut()
    }
}
