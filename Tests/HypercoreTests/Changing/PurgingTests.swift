import HypercoreStorage
import StorageEngine
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct PurgingTests {
    @Test func `a purged log leaves nothing behind`() async throws {
        let store = try TestStore()
        let other = try await store.writable("other")
        try await other.append(contentsOf: numberedBlocks(0..<3))
        let before = try store.allRecords()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<20))
        try await log.clear(3..<5)
        try await log.truncate(to: 15)
        try await log.setUserData([1, 2], for: "cursor")
        try await log.purge()
        await store.registry.finishSweeping()
        let key = Array("next-core".utf8)
        #expect(try store.allRecords().filter { $0.key != key } == before.filter { $0.key != key })
        #expect(try await store.stored(TestStore.key()) == nil)
        #expect(try other.read(2) == numberedBlocks(2..<3)[0])
    }

    @Test func `all sessions of a purged log end, and its waits`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([1])
        let second = try await store.writable()
        let snapshot = try log.snapshot()
        let waiting = Task { try await second.get(7) }
        try await until { log.waitCount == 1 }
        try await log.purge()
        await expectError(.purged) { _ = try await waiting.value }
        await expectError(.purged) { try await second.append([2]) }
        await expectError(.purged) { _ = try second.read(0) }
        await expectError(.purged) { try await second.purge() }
        await expectError(.purged) { _ = try snapshot.snapshot() }
        for session in [log, second, snapshot] { await session.close() }
    }

    @Test func `a name that was purged is free again`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<9))
        try await log.purge()
        let again = try await store.writable()
        #expect(again.length == 0)
        try await again.append([9])
        await store.registry.finishSweeping()
        #expect(try again.read(0) == [9])
        #expect(try store.recordCount(of: "blocks") == 1)
    }

    @Test func `opening a log that is being purged waits, and finds nothing`() async throws {
        let engine = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, durability: .full)
        let log = try await store.writable()
        try await log.append([1])
        engine.shut()
        async let purge: Void = log.purge()
        await engine.waitUntilHolding()
        async let opened = store.stored(TestStore.key())
        let appended = Task { try await log.append([2]) }
        try await until { log.gatheredLength == 2 }
        engine.open()
        try await purge
        #expect(try await opened == nil)
        await #expect(throws: HypercoreError.self) { _ = try await appended.value }
    }

    @Test func `a purge that the store refuses leaves the log as it was`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine)
        let log = try await store.writable()
        try await log.append([1])
        engine.inject(.init(.commit))
        await #expect(throws: HypercoreError.self) { try await log.purge() }
        engine.heal()
        try await log.append([2])
        #expect(try log.read(1) == [2])
        let again = try await store.writable()
        #expect(again.length == 2)
    }

    @Test func `what a crash leaves unswept is swept after reopening`() async throws {
        let engine = MemoryEngine(tables: Schema.tables)
        let store = try TestStore(engine)
        let log = try await store.writable()
        try await log.append(contentsOf: Array(repeating: [1], count: 5000))
        await store.registry.stopSweeping()
        try await log.purge()
        #expect(try store.recordCount(of: "blocks") == 5000)
        let reopened = try TestStore(engine)
        reopened.registry.sweep()
        await reopened.registry.finishSweeping()
        #expect(try reopened.recordCount(of: "blocks") == 0)
        #expect(try reopened.recordCount(of: "tree") == 0)
        #expect(try reopened.garbageCount() == 0)
    }
}
