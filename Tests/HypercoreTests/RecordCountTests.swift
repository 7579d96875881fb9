import HypercoreStorage
import StorageEngine
import Testing

@testable import Hypercore

/// What logs write, in records and bytes: puts are what storage costs. These numbers may go down.
@Suite(.timeLimit(.minutes(5))) struct RecordCountTests {
    private let block = [UInt8](repeating: 7, count: 100)

    @Test func `an append of one block puts its bytes, its nodes and a head`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: Array(repeating: block, count: 1024))
        let cost = try await store.cost { try await log.append(block) }
        #expect(cost == Cost(transactions: 1, records: 3, bytes: 346))
    }

    @Test func `an append of many blocks puts two records a block, and one head`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let cost = try await store.cost { try await log.append(contentsOf: Array(repeating: block, count: 1000)) }
        #expect(cost == Cost(transactions: 1, records: 2001, bytes: 201_104))
    }

    @Test func `a change without new blocks puts a handful of records, however long the log`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: Array(repeating: block, count: 100_000))
        #expect(try await store.cost { try await log.truncate(to: 90_000) }.records == 2)
        #expect(try await store.cost { try await log.truncate(to: 100) }.records == 2)
        #expect(try await store.cost { try await log.setUserData([1], for: "a") }.records == 1)
        // A page of the bitfield and its two numbers.
        #expect(try await store.cost { try await log.clear(10..<20) }.records == 2)
        #expect(try await store.cost { try await log.purge() }.records == 1)
    }

    @Test func `a download puts two records a block, and a few for each commit`() async throws {
        let (left, right) = (try TestStore(), try TestStore())
        let log = try await left.writable()
        try await log.append(contentsOf: Array(repeating: block, count: 2000))
        let copy = try await right.reader(of: log.key)
        let pipe = MemoryPipe(left.registry, right.registry)
        let cost = try await right.cost { try await copy.download(end: 2000).finished() }
        await pipe.cutAndWait()
        #expect(copy.contiguousLength == 2000)
        // Beside blocks and groups of nodes each commit has a head, two numbers and a page of the bitfield, and completes
        // groups that an earlier one began: no more than a tree of this length has levels.
        #expect(cost.records <= 2 * 2000 + (4 + 2 * 11) * cost.transactions, "\(cost)")
    }
}

private struct Cost: Equatable {
    let transactions: UInt64
    let records: UInt64
    let bytes: UInt64
}

extension TestStore {
    fileprivate func cost(_ body: () async throws -> Void) async throws -> Cost {
        await registry.finishSweeping()
        let writer = try #require(writer)
        let before = writer.statistics
        try await body()
        let after = writer.statistics
        return Cost(
            transactions: after.transactions - before.transactions, records: after.recordsPut - before.recordsPut,
            bytes: after.bytesPut - before.bytesPut)
    }
}
