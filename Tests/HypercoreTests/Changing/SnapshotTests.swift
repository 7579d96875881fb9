import HypercoreStorage
import StorageEngine
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct SnapshotTests {
    @Test func `a snapshot stays as it is while the log goes on`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let snapshot = try log.snapshot()
        let hash = try log.treeHash()
        try await log.append(contentsOf: numberedBlocks(5..<9))
        #expect(snapshot.length == 5)
        #expect(snapshot.byteLength == 35)
        #expect(try snapshot.treeHash() == hash)
        #expect(try snapshot.read(4) == numberedBlocks(4..<5)[0])
        #expect(try snapshot.read(5) == nil)
        #expect(try !snapshot.has(5))
        await expectError(.outOfBounds) { _ = try await snapshot.get(5) }
    }

    @Test func `snapshots read their own blocks after truncations and new appends`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        var snapshots: [(Hypercore, [[UInt8]])] = []
        var blocks: [[UInt8]] = []
        for round in 0..<6 {
            let added = (0..<8).map { Array("\(round):\($0)".utf8) }
            try await log.append(contentsOf: added)
            blocks += added
            snapshots.append((try log.snapshot(), blocks))
            try await log.truncate(to: UInt64(blocks.count - 3))
            blocks.removeLast(3)
        }
        await store.registry.finishSweeping()
        for (snapshot, expected) in snapshots {
            #expect(try (0..<snapshot.length).map { try snapshot.read($0) } == expected)
        }
        #expect(try (0..<log.length).map { try log.read($0) } == blocks)
        #expect(try store.recordCount(of: "blocks") == blocks.count + 6 * 3)
        for (snapshot, _) in snapshots { await snapshot.close() }
        await store.registry.finishSweeping()
        #expect(try store.recordCount(of: "blocks") == blocks.count)
        #expect(try store.garbageCount() == 0)
    }

    @Test func `truncating under a thousand snapshots copies nothing`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: Array(repeating: [1], count: 20_000))
        let snapshots = try (0..<1000).map { _ in try log.snapshot() }
        let before = try #require(store.writer).statistics
        try await log.truncate(to: 0)
        let after = try #require(store.writer).statistics
        // A head, and a note of what is left behind.
        #expect(after.recordsPut - before.recordsPut == 2)
        try await log.append(contentsOf: Array(repeating: [2], count: 100))
        await store.registry.finishSweeping()
        for snapshot in snapshots {
            #expect(try snapshot.read(50) == [1])
            await snapshot.close()
        }
        await store.registry.finishSweeping()
        #expect(try store.recordCount(of: "blocks") == 100)
        #expect(try log.read(50) == [2])
    }

    @Test func `a snapshot of a snapshot lives on its own`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let first = try log.snapshot()
        try await log.truncate(to: 1)
        let second = try first.snapshot()
        await first.close()
        await store.registry.finishSweeping()
        #expect(try second.read(4) == numberedBlocks(4..<5)[0])
        #expect(second.isSnapshot && !log.isSnapshot)
        await expectError(.closed) { _ = try first.snapshot() }
        await expectError(.closed) { _ = try first.read(0) }
    }

    @Test func `a snapshot cannot be changed`() async throws {
        let log = try await TestStore().writable()
        try await log.append([1])
        let snapshot = try log.snapshot()
        #expect(!snapshot.isWritable)
        await expectError(.notWritable) { try await snapshot.append([2]) }
        await expectError(.notWritable) { try await snapshot.truncate(to: 0) }
        await expectError(.notWritable) { try await snapshot.clear(0..<1) }
        await expectError(.notWritable) { try await snapshot.setUserData([1], for: "a") }
        await expectError(.notWritable) { try await snapshot.purge() }
        #expect(try await snapshot.update() == false)
        #expect(log.length == 1)
    }

    @Test func `a block that the log has cut off is not waited for`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let snapshot = try log.snapshot()
        try await log.clear(4..<5)
        try await log.truncate(to: 2)
        await expectError(.notAvailable) { _ = try await snapshot.get(4) }
    }

    @Test func `a snapshot that is dropped lets what it read be swept`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        do {
            let snapshot = try log.snapshot()
            try await log.truncate(to: 0)
            #expect(try snapshot.has(4))
        }
        await store.registry.finishSweeping()
        #expect(try store.recordCount(of: "blocks") == 0)
    }
}
