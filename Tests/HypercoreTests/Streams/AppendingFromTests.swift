import Crypto
import HypercoreStorage
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

private let secret = SecretBytes(copying: Array(repeating: 42, count: 32))

private struct SourceFailed: Error {}

/// Blocks one after the other, counting how many were asked for; throws after the last if it is to.
private struct Source: AsyncSequence, Sendable {
    let blocks: [[UInt8]]
    var fails = false
    let asked = Count()

    final class Count: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func next() -> Int {
            count.withLock { count in
                defer { count += 1 }
                return count
            }
        }
    }

    struct Iterator: AsyncIteratorProtocol {
        let source: Source

        mutating func next() async throws -> [UInt8]? {
            let index = source.asked.next()
            if index < source.blocks.count { return source.blocks[index] }
            if source.fails { throw SourceFailed() }
            return nil
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(source: self) }
}

@Suite(.timeLimit(.minutes(5))) struct AppendingFromTests {
    @Test(arguments: [false, true]) func `all blocks of a sequence are appended in order`(isEncrypted: Bool)
        async throws
    {
        let log = try await TestStore().writable(encryption: isEncrypted ? .key(secret) : nil)
        let blocks = numberedBlocks(0..<500) + [[]]
        let result = try await log.append(from: Source(blocks: blocks))
        #expect(result.length == 501 && result.byteLength == UInt64(blocks.joined().count))
        #expect(try await log.blocks().collected() == blocks)
    }

    @Test func `of an empty sequence nothing is appended`() async throws {
        let log = try await TestStore().writable()
        try await log.append([1])
        #expect(try await log.append(from: Source(blocks: [])) == .init(length: 1, byteLength: 1))
    }

    @Test func `one log can be poured into another`() async throws {
        let store = try TestStore()
        let (log, copy) = (try await store.writable("log"), try await store.writable("copy"))
        try await log.append(contentsOf: numberedBlocks(0..<50))
        try await copy.append(from: log.blocks())
        #expect(try copy.treeHash() == log.treeHash())
    }

    @Test func `blocks that come while a commit is under way are appended together`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        let before = try #require(store.writer?.statistics.sets)
        let source = Source(blocks: numberedBlocks(0..<100))
        gate.shut()
        let task = Task { try await log.append(from: source) }
        await gate.waitUntilHolding()
        try await until { source.asked.value == 101 }
        gate.open()
        #expect(try await task.value.length == 100)
        // What the sequence had before the first commit began is one set, and all the rest another.
        #expect((before + 1...before + 2).contains(try #require(store.writer?.statistics.sets)))
    }

    @Test func `a sequence is not read further than a bound while a commit is under way`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let log = try await TestStore(gate, durability: .full).writable()
        let source = Source(blocks: Array(repeating: Array(repeating: 7, count: 1 << 20), count: 100))
        gate.shut()
        let task = Task { try await log.append(from: source) }
        await gate.waitUntilHolding()
        let inFlight = BlockIntake.byteLimit >> 20 + 1
        // One bound is being written, and another waits; one block more was asked for and finds no room.
        for _ in 0..<10_000 { await Task.yield() }
        #expect(source.asked.value <= 2 * inFlight + 2)
        gate.open()
        #expect(try await task.value.length == 100)
    }

    @Test func `an error of the sequence passes through, and what came before it stays`() async throws {
        let log = try await TestStore().writable()
        await #expect(throws: SourceFailed.self) {
            try await log.append(from: Source(blocks: numberedBlocks(0..<20), fails: true))
        }
        #expect(try await log.blocks().collected() == numberedBlocks(0..<20))
    }

    @Test func `an append that fails ends it, and the sequence is read no further`() async throws {
        let log = try await TestStore().writable()
        let tooLarge = Array(repeating: UInt8(1), count: Hypercore.maximumBlockByteCount + 1)
        let (blocks, source) = AsyncStream.makeStream(of: [UInt8].self)
        source.yield(tooLarge)
        // The stream does not end: only cancelling whoever waits for it does.
        await expectError(.blockTooLarge) { try await log.append(from: blocks) }
        #expect(log.length == 0)
    }

    @Test func `cancelling the task ends it, and what was appended stays`() async throws {
        let log = try await TestStore().writable()
        let (blocks, source) = AsyncStream.makeStream(of: [UInt8].self)
        let task = Task { try await log.append(from: blocks) }
        source.yield([1])
        try await until { log.length == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(log.length == 1)
    }

    @Test func `closing the session ends it with the next block`() async throws {
        let log = try await TestStore().writable()
        let (blocks, source) = AsyncStream.makeStream(of: [UInt8].self)
        let task = Task { try await log.append(from: blocks) }
        source.yield([1])
        try await until { log.length == 1 }
        await log.close()
        source.yield([2])
        await expectError(.closed) { _ = try await task.value }
        await expectError(.closed) { try await log.append(from: Source(blocks: [])) }
    }

    @Test func `where nothing can be appended nothing is taken`() async throws {
        let store = try TestStore()
        let source = Source(blocks: [[1]])
        let log = try await store.reader(of: TestStore.key("other"))
        await expectError(.notWritable) { try await log.append(from: source) }
        await expectError(.notWritable) { try await store.writable().snapshot().append(from: source) }
        #expect(source.asked.value == 0)
    }
}
