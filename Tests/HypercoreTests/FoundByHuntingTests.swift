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
        try await until { log.stagedLength == 1 }
        let second = Task { try await log.append([0x63]) }
        try await until { log.stagedLength == 2 }
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
}
