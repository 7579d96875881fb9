import Crypto
import HypercoreStorage
import MerkleTree
import Synchronization
import TestSupport
import Testing

@testable import Hypercore
@testable import StorageEngine

@Suite(.timeLimit(.minutes(5))) struct FailingAppendTests {
    @Test(arguments: [.write, .commit, .sync] as [FaultInjectingEngine.Operation])
    func `an append whose commit fails says so and changes nothing, and the next one works`(
        operation: FaultInjectingEngine.Operation
    ) async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, durability: .full)
        let log = try await store.writable()
        try await log.append([1])
        let treeHash = try log.treeHash()
        engine.inject(.init(operation, error: StorageError(.inputOutput, "the disk is on fire")))
        let error = await expectError(.storage) { try await log.append([2]) }
        #expect(error?.message.contains("the disk is on fire") == true && error?.key == log.key)
        #expect(log.length == 1 && log.byteLength == 1 && log.contiguousLength == 1)
        #expect(try log.treeHash() == treeHash && log.read(1) == nil)

        #expect(try await log.append([3]).length == 2)
        let again = try await store.reopened().writable()
        #expect(try again.length == 2 && again.read(0) == [1] && again.read(1) == [3])
    }

    @Test func `appends that were chained on one that failed are repeated, and land once`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let gate = GatedEngine(engine)
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        try await log.append([100])
        gate.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await expectError(.storage) { try await log.append([200]) } }
            await gate.waitUntilHolding()
            for index in 0..<30 { group.addTask { try await log.append([UInt8(index)]) } }
            try await until { log.gatheredLength == 32 }
            engine.inject(.init(.commit))
            gate.open()
            try await group.waitForAll()
        }
        #expect(log.length == 31)
        let blocks = try (0..<31).map { try #require(try log.read($0)) }
        #expect(blocks[0] == [100])
        #expect(Set(blocks.dropFirst()) == Set((0..<30).map { [UInt8($0)] }))
        let again = try await store.reopened().writable()
        #expect(try again.treeHash() == log.core.hashing.tree(log.core.durableHead.tree.roots))
    }

    @Test func `an append that met another history than it was made for ends, and does not try for ever`() async throws
    {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine)
        let log = try await store.writable()
        try await log.append([1])
        // The commit has reached the disk, and nobody was told: memory and disk disagree from here on.
        engine.inject(.init(.commit, .afterTakingEffect))
        await expectError(.storage) { try await log.append([2]) }
        await expectError(.conflict) { try await log.append([3]) }
        await expectError(.conflict) { try await log.append([4]) }
        await log.close()
        // Opened again, the log is what is on disk.
        let again = try await store.writable()
        #expect(try again.length == 2 && again.read(1) == [2])
        #expect(try await again.append([5]).length == 3)
    }

    @Test func `appending to a store that is closed says that it is closed`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        await store.writer?.close()
        await expectError(.closed) { try await log.append([1]) }
        store.registry.close()
        await expectError(.closed) { try await log.append([1]) }
        await expectError(.closed) { _ = try await store.writable() }
    }

    @Test func `an append larger than a transaction is refused in words of this module`() async throws {
        let engine = MemoryEngine(tables: Schema.tables, maximumTransactionByteCount: 10_000)
        let log = try await TestStore(engine).writable()
        await expectError(.storage) { try await log.append(Array(repeating: 1, count: 20_000)) }
        #expect(try await log.append([1]).length == 1)
    }

    @Test func `an append that waits for room can be cancelled, and is not appended`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full, queueByteCount: 1000)
        let log = try await store.writable()
        gate.shut()
        async let first = log.append(Array(repeating: 1, count: 900))
        await gate.waitUntilHolding()
        let second = Task { try await log.append(Array(repeating: 2, count: 900)) }
        try await until { store.writer?.hasWaiters == true }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        gate.open()
        #expect(try await first.length == 1)
        #expect(log.length == 1)
    }
}

@Suite(.timeLimit(.minutes(5))) struct FailingCreationTests {
    @Test func `a log whose creation failed can be created later, also while a stream wants it`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine)
        let pipe = MemoryPipe()
        store.registry.replicate(on: pipe.initiator)
        engine.inject(.init(.commit))
        await expectError(.storage) { _ = try await store.writable() }
        let log = try await store.writable()
        #expect(try await log.append([1]).length == 1)
        pipe.cut()
    }
}

@Suite(.timeLimit(.minutes(5))) struct FailingDownloadTests {
    @Test(arguments: [1, 2, 3, 4])
    func `a download whose commit failed lets the peer go, and goes on with the next one`(ordinal: Int) async throws {
        let seeder = try TestStore()
        let log = try await seeder.writable()
        try await log.append(contentsOf: numberedBlocks(0..<200))
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine)
        let copy = try await store.reader(of: log.key)

        let first = MemoryPipe(seeder.registry, store.registry)
        var wanted = [150, 3, 77, 199, 0]
        for index in wanted.prefix(2) { _ = try await copy.get(UInt64(index)) }
        engine.inject(.init(.commit, ordinal: ordinal, error: StorageError(.full, "no room")))
        let download = try copy.download(end: 200)
        // Commits that were lucky leave nothing to wait for; the others end with the peer's channel.
        try await until { try copy.contiguousLength == 200 || (copy.peerCount == 0 && copy.has(150)) }
        await first.cutAndWait()

        let second = MemoryPipe(seeder.registry, store.registry)
        try await download.finished()
        second.cut()
        wanted = Array(0..<200)
        #expect(try copy.storedBlocks(of: 200) == wanted)
        let again = try #require(try await store.reopened().stored(log.key))
        #expect(try again.storedBlocks(of: 200) == wanted && again.treeHash() == log.treeHash())
    }
}

extension GroupWriter {
    /// Whether somebody waits for room.
    fileprivate var hasWaiters: Bool { queue.withLock { $0.rooms.waiterCount } > 0 }
}
