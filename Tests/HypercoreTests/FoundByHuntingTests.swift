import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import Synchronization
import Testing

@testable import Hypercore

/// What the hunts (Tests/CrashHunts) have found, each as small as it can be made to happen.
@Suite(.timeLimit(.minutes(5))) struct FoundByHuntingTests {
    @Test func `what is appended after a commit that failed and took effect all the same is chained on nothing else`()
        async throws
    {
        let memory = MemoryEngine(tables: Schema.tables)
        let gate = GatedEngine(memory)
        let engine = FaultInjectingEngine(gate)
        let store = try TestStore(engine, durability: .full)
        let (log, other) = (try await store.writable("log"), try await store.writable("other"))
        // The store holds "a" now, and the log does not know.
        engine.inject(.init(.commit, .afterTakingEffect))
        await #expect(throws: HypercoreError.self) { try await log.append([0x61]) }
        // The first is refused, for the log is not empty. The second is chained on the first and expects one block: there
        // is one, but another.
        gate.shut()
        async let held = other.append([0x78])
        await gate.waitUntilHolding()
        let first = Task { try await log.append([0x62]) }
        try await until { log.gatheredLength == 1 }
        let second = Task { try await log.append([0x63]) }
        try await until { log.gatheredLength == 2 }
        gate.open()
        _ = try await held
        await expectError(.conflict) { _ = try await first.value }
        await expectError(.conflict) { _ = try await second.value }

        let again = try await TestStore(memory).writable("log")
        #expect(again.length == 1)
        var tree = TreeHead()
        _ = try tree.append([TreeLeaf(hash: BLAKE2bTreeHashing().leaf(([0x61] as [UInt8]).span.bytes), size: 1)])
        #expect(try again.treeHash() == tree.treeHash())
    }

    @Test func `a block is not called damaged while it is being cleared`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([1])
        // The record has gone; that the commit is done has not been taken over yet.
        let seen = Mutex<[Result<[UInt8]?, any Error>]>([])
        let writer = try #require(store.writer)
        let (set, change) = try log.core.state.withLock { state in
            var draft = CoreDraft(on: state.staged)
            draft.clear(0..<1)
            let composed = try log.core.compose(draft, in: state)
            log.core.advance(&state, to: draft, composed.change)
            return composed
        }
        _ = writer.enqueue(set) { [core = log.core] outcome in
            seen.withLock { $0.append(Result { try core.read(0) }) }
            core.finish(change, outcome)
        }
        writer.drive()
        try await writer.flush()
        #expect(try seen.withLock { $0 }.map { try $0.get() } == [nil])
        #expect(try log.read(0) == nil)
    }

    @Test func `a clear on top of one that makes the log whole knows nothing of the bitfield before`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let (log, other) = (try await store.writable("log"), try await store.writable("other"))
        try await log.append(contentsOf: numberedBlocks(0..<3))
        try await log.clear(1..<2)
        // A page is stored that says that block 1 is missing. While it waits to be removed, another block is cleared.
        gate.shut()
        async let held = other.append([1])
        await gate.waitUntilHolding()
        let replacing = Task {
            try await store.registry.atomically { batch in
                try batch.truncate(log, to: 0)
                try batch.append(contentsOf: numberedBlocks(3..<6), to: log)
            }
        }
        try await until { log.core.state.withLock { $0.staged.fork == 1 } }
        let clearing = Task { try await log.clear(0..<1) }
        try await until { log.core.state.withLock { $0.underway.count == 2 } }
        gate.open()
        _ = try await held
        try await replacing.value
        _ = try await clearing.value
        #expect(try log.storedBlocks(of: 3) == [1, 2])
        let again = try await store.reopened().writable("log")
        #expect(try again.storedBlocks(of: 3) == [1, 2])
    }

    @Test func `an append after a clear that failed and took effect all the same is not acknowledged and lost`()
        async throws
    {
        let memory = MemoryEngine(tables: Schema.tables)
        let engine = FaultInjectingEngine(memory)
        let log = try await TestStore(engine).writable()
        try await log.append(contentsOf: numberedBlocks(0..<2))
        engine.inject(.init(.commit, .afterTakingEffect))
        await #expect(throws: HypercoreError.self) { try await log.clear(0..<1) }
        await expectError(.conflict) { try await log.append([3]) }
        let again = try await TestStore(memory).writable()
        #expect(try again.storedBlocks(of: 3) == [1])
        try await again.append([3])
        #expect(try again.storedBlocks(of: 3) == [1, 2])
    }
}
