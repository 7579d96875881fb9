import StorageEngine
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct ClearingTests {
    @Test func `cleared blocks are gone, and the rest of the log is not`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        let hash = try log.treeHash()
        let events = log.events
        let cleared = try await log.clear(3..<6)
        #expect(cleared.blockCount == 3)
        #expect(cleared.byteCount == 21)
        #expect(try log.storedBlocks(of: 10) == [0, 1, 2, 6, 7, 8, 9])
        #expect(try log.read(4) == nil)
        #expect(log.contiguousLength == 3)
        #expect(log.length == 10)
        #expect(try log.treeHash() == hash)
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == .cleared(3..<6))
        #expect(try store.recordCount(of: "blocks") == 7)
    }

    @Test func `clearing what is not here changes nothing`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<4))
        for range in [4..<10, 2..<2, UInt64.max - 1..<UInt64.max] as [Range<UInt64>] {
            #expect(try await log.clear(range) == Hypercore.ClearResult(blockCount: 0, byteCount: 0))
        }
        try await log.clear(1..<3)
        let commits = store.writer?.statistics.transactions
        #expect(try await log.clear(1..<3).blockCount == 0)
        #expect(store.writer?.statistics.transactions == commits)
        #expect(log.contiguousLength == 1)
    }

    @Test func `a long range is cleared in several commits, each of a bounded size`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let count = 3 * Int(Core.clearedBlockLimit) + 10
        try await log.append(contentsOf: Array(repeating: [7], count: count))
        let commits = try #require(store.writer).statistics.transactions
        let cleared = try await log.clear(1..<UInt64(count) - 1)
        #expect(cleared.blockCount == UInt64(count) - 2)
        #expect(try #require(store.writer).statistics.transactions == commits + 4)
        #expect(try log.storedBlocks(of: count) == [0, count - 1])
        let again = try await store.reopened().writable()
        #expect(try again.storedBlocks(of: count) == [0, count - 1])
    }

    @Test func `a log that was cleared whole can be appended to and cleared again`() async throws {
        let log = try await TestStore().writable()
        for round in 0..<3 {
            try await log.append(contentsOf: numberedBlocks(0..<5))
            #expect(try await log.clear(0..<log.length).blockCount == 5, "round \(round)")
        }
        #expect(log.length == 15)
        #expect(log.contiguousLength == 0)
        #expect(try log.storedBlocks(of: 15) == [])
    }

    @Test func `a read-only store and a closed session refuse to clear`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        await log.close()
        await expectError(.closed) { try await log.clear(0..<1) }
        store.registry.close()
        await store.writer?.close()
        let reader = try #require(try await TestStore(store.engine, readOnly: true).stored(TestStore.key()))
        await expectError(.notWritable) { try await reader.clear(0..<1) }
    }
}
