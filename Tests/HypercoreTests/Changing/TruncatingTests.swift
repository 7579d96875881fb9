import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct TruncatingTests {
    @Test func `a truncated log is shorter, and begins a new fork`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.truncate(to: 6)
        #expect(log.length == 6)
        #expect(log.fork == 1)
        #expect(log.byteLength == 6 * 7)
        #expect(try log.read(5) == numberedBlocks(5..<6)[0])
        #expect(try log.read(6) == nil)
        #expect(try !log.has(6))
    }

    @Test func `what is appended after a truncation is what is read`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.truncate(to: 6)
        try await log.append(contentsOf: [[1], [2], [3]])
        #expect(try log.read(6) == [1])
        #expect(try log.read(8) == [3])
        #expect(log.length == 9)
        let fresh = try await TestStore().writable()
        try await fresh.append(contentsOf: numberedBlocks(0..<6) + [[1], [2], [3]])
        #expect(try log.treeHash() == fresh.treeHash())
    }

    @Test func `a truncation is there after reopening, and its signature fits`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.truncate(to: 3, fork: 7)
        let hash = try log.treeHash()
        await log.close()
        let again = try await store.reopened().writable()
        #expect(again.length == 3)
        #expect(again.fork == 7)
        #expect(try again.treeHash() == hash)
        let (head, authority) = again.core.state.withLock { ($0.durable, $0.authority) }
        try #require(authority).verify(head.signature, of: head.tree)
    }

    @Test(arguments: [UInt64(0), 1, 7, 8, 9, 10]) func `any length can be truncated to, and grown from`(
        length: UInt64
    ) async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.truncate(to: length)
        try await log.append(contentsOf: numberedBlocks(Int(length)..<20))
        let fresh = try await TestStore().writable()
        try await fresh.append(contentsOf: numberedBlocks(0..<20))
        #expect(try log.treeHash() == fresh.treeHash())
        #expect(try (0..<20).map { try log.read(UInt64($0)) } == numberedBlocks(0..<20))
    }

    @Test func `what cannot be truncated is refused, and the log stays as it is`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<4))
        try await log.truncate(to: 4, fork: 5)
        await expectError(.outOfBounds) { try await log.truncate(to: 5) }
        await expectError(.outOfBounds) { try await log.truncate(to: 2, fork: 5) }
        await expectError(.outOfBounds) { try await log.truncate(to: 2, fork: 1 << 53) }
        #expect(log.length == 4)
        #expect(log.fork == 5)
        let reader = try await store.reader(of: TestStore.key("other"))
        await expectError(.notWritable) { try await reader.truncate(to: 0) }
        await log.close()
        await expectError(.closed) { try await log.truncate(to: 0) }
    }

    @Test func `appends and truncations that share commits end as if each had its own`() async throws {
        let engine = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, durability: .full)
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let events = log.events
        engine.shut()
        // The first commit is held up; what follows gathers behind it and becomes one group.
        async let first = log.append([10])
        await engine.waitUntilHolding()
        async let second = log.append(contentsOf: [[11], [12]])
        try await until { log.gatheredLength == 6 }
        async let cut: Void = log.truncate(to: 2)
        try await until { log.gatheredLength == 2 }
        async let third = log.append([13])
        try await until { log.gatheredLength == 3 }
        engine.open()
        #expect(try await first.length == 4)
        #expect(try await second.length == 6)
        try await cut
        #expect(try await third.length == 3)
        #expect(try log.read(2) == [13])
        #expect(log.fork == 1)
        await log.close()
        store.registry.close()
        var seen: [CoreEvent] = []
        for await event in events { seen.append(event) }
        #expect(seen == [.appended(length: 4), .truncated(length: 2, fork: 1), .appended(length: 3)])
    }

    /// Random appends, truncations and clears against a list of blocks.
    @Test(arguments: 0..<12) func `a log agrees with a list of its blocks`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var store = try TestStore()
        var log = try await store.writable()
        var model: [[UInt8]?] = []
        for step in 0..<120 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let blocks = (0..<Int.random(in: 1...20, using: &random)).map { Array("\(step)-\($0)".utf8) }
                try await log.append(contentsOf: blocks)
                model += blocks
            case 5..<7:
                let length = Int.random(in: 0...model.count, using: &random)
                try await log.truncate(to: UInt64(length))
                model.removeLast(model.count - length)
            case 7..<9:
                let start = Int.random(in: 0...model.count + 3, using: &random)
                let end = start + Int.random(in: 0...8, using: &random)
                let there = (start..<end).count { $0 < model.count && model[$0] != nil }
                let cleared = try await log.clear(UInt64(start)..<UInt64(end))
                #expect(cleared.blockCount == UInt64(there), "seed \(seed), step \(step)")
                for index in start..<end where index < model.count { model[index] = nil }
            default:
                await log.close()
                store = try await store.reopened()
                log = try await store.writable()
            }
            #expect(log.length == UInt64(model.count), "seed \(seed), step \(step)")
            #expect(log.contiguousLength == UInt64(model.firstIndex(of: nil) ?? model.count))
            for (index, block) in model.enumerated() {
                #expect(try log.read(UInt64(index)) == block, "seed \(seed), step \(step), block \(index)")
                #expect(try log.has(UInt64(index)) == (block != nil), "seed \(seed), step \(step), block \(index)")
            }
        }
        store.registry.sweep()
        await store.registry.finishSweeping()
        let stored = try store.recordCount(of: "blocks")
        #expect(stored == model.count { $0 != nil }, "seed \(seed): swept down to what the log holds")
    }
}
