import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct AppendingTests {
    @Test func `a new log is empty`() async throws {
        let log = try await TestStore().writable()
        #expect(log.length == 0 && log.byteLength == 0 && log.fork == 0 && log.contiguousLength == 0)
        #expect(try log.treeHash() == BLAKE2bTreeHashing().tree([]))
        #expect(try log.read(0) == nil && !log.has(0))
        #expect(log.isWritable && log.peerCount == 0)
    }

    @Test func `appended blocks are read back, and survive reopening`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let blocks: [[UInt8]] = [Array("hello".utf8), [], Array(repeating: 7, count: 100_000)]
        let result = try await log.append(contentsOf: blocks)
        #expect(result.length == 3 && result.byteLength == 100_005)
        try await log.append(Array("more".utf8))
        let treeHash = try log.treeHash()
        let key = log.key
        await log.close()

        let reopened = try await store.reopened()
        let again = try await reopened.writable()
        #expect(again.key == key)
        #expect(again.length == 4 && again.byteLength == 100_009 && again.contiguousLength == 4)
        #expect(try again.treeHash() == treeHash)
        for (index, block) in (blocks + [Array("more".utf8)]).enumerated() {
            #expect(try again.read(UInt64(index)) == block)
        }
        #expect(try again.read(4) == nil)
        #expect(try again.has(3) && !again.has(4))
        #expect(try await again.append([1]).length == 5)
    }

    @Test func `appending nothing returns where the log stands, and writes nothing`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: [[1, 2], [3]])
        let before = store.writer?.statistics
        let result = try await log.append(contentsOf: [])
        #expect(result.length == 2 && result.byteLength == 3)
        #expect(store.writer?.statistics == before)
    }

    @Test func `an empty block is a block`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        for length in 1...3 as ClosedRange<UInt64> {
            #expect(try await log.append([]).length == length)
        }
        #expect(log.byteLength == 0)
        #expect(try log.read(2) == [] && log.has(2))
        let again = try await store.reopened().writable()
        #expect(try again.read(0) == [] && again.length == 3)
    }

    @Test func `the largest block fits, and one byte more is refused with all that comes with it`() async throws {
        let log = try await TestStore().writable()
        let largest = Array(repeating: UInt8(3), count: Hypercore.maximumBlockByteCount)
        #expect(Hypercore.maximumBlockByteCount == 15 * 1024 * 1024)
        try await log.append(largest)
        #expect(try log.read(0)?.count == largest.count)
        await expectError(.blockTooLarge) { try await log.append(contentsOf: [[1], largest + [0]]) }
        #expect(log.length == 1)
        try await log.append([1])
        #expect(try log.read(1) == [1])
    }

    @Test func `many tasks append to one log, and each block is there once`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await withThrowingTaskGroup(of: UInt64.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let result = try await log.append(Array("block \(index)".utf8))
                    // What was acknowledged is visible at once.
                    #expect(log.length >= result.length)
                    return result.length
                }
            }
            var lengths: Set<UInt64> = []
            for try await length in group { lengths.insert(length) }
            #expect(lengths == Set(1...200))
        }
        let texts = try (0..<200).map { String(decoding: try #require(try log.read($0)), as: UTF8.self) }
        #expect(Set(texts) == Set((0..<200).map { "block \($0)" }))
    }

    @Test func `appends that gather behind a slow commit share the next one, and its signature`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        let before = try #require(store.writer?.statistics)
        gate.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await log.append([0]) }
            await gate.waitUntilHolding()
            for index in 1..<100 { group.addTask { try await log.append([UInt8(index)]) } }
            try await until { log.gatheredLength == 100 }
            #expect(log.length == 0)
            gate.open()
            try await group.waitForAll()
        }
        let after = try #require(store.writer?.statistics)
        #expect(log.length == 100)
        #expect(after.transactions - before.transactions == 2)
        // Two records a block, and one head a transaction.
        #expect(after.recordsPut - before.recordsPut == 202)
    }

    @Test func `appends to many logs at once share commits`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        var logs: [Hypercore] = []
        for number in 0..<20 { logs.append(try await store.writable("log \(number)")) }
        let before = try #require(store.writer?.statistics.transactions)
        gate.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [logs] in try await logs[0].append([0]) }
            await gate.waitUntilHolding()
            for log in logs { group.addTask { try await log.append([1]) } }
            try await until { logs.allSatisfy { $0.gatheredLength > 0 } && logs[0].gatheredLength == 2 }
            gate.open()
            try await group.waitForAll()
        }
        #expect(try #require(store.writer?.statistics.transactions) - before == 2)
    }
}

// MARK: - Who may append

@Suite(.timeLimit(.minutes(5))) struct WritabilityTests {
    @Test func `a log whose key this store does not hold can only be read`() async throws {
        let store = try TestStore()
        let log = try await store.reader(of: TestStore.key())
        #expect(!log.isWritable)
        await expectError(.notWritable) { try await log.append([1]) }
        await expectError(.notWritable) { try await log.append(contentsOf: []) }
    }

    @Test func `a read-only store reads what is there, and neither appends nor makes logs`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([1, 2, 3])
        let readOnly = try TestStore(store.engine, readOnly: true)
        let copy = try #require(try await readOnly.stored(log.key))
        #expect(try copy.read(0) == [1, 2, 3] && copy.length == 1)
        #expect(!copy.isWritable)
        await expectError(.notWritable) { try await copy.append([1]) }
        await expectError(.notWritable) { _ = try await readOnly.reader(of: TestStore.key("other")) }
        #expect(try await readOnly.stored(TestStore.key("other")) == nil)
    }
}
