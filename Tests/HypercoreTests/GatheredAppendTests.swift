import HypercoreStorage
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

/// What gathers in a log while a change of it is being written becomes one change.
@Suite(.timeLimit(.minutes(5))) struct GatheredAppendTests {
    private let gate = GatedEngine(MemoryEngine(tables: Schema.tables))

    @Test(arguments: [Durability.full, .relaxed])
    func `what gathers is one write set, and each caller hears of its own blocks`(_ durability: Durability) async throws
    {
        let store = try TestStore(gate, durability: durability)
        let writer = try #require(store.writer)
        let log = try await store.writable()
        let before = writer.statistics
        gate.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await log.append([0xff]) }
            await gate.waitUntilHolding()
            for task in 0..<50 as Range<UInt8> {
                group.addTask {
                    let result = try await log.append(contentsOf: [[task], [task, task]])
                    #expect(try log.read(result.length - 2) == [task] && log.read(result.length - 1) == [task, task])
                }
            }
            try await until { log.gatheredLength == 101 }
            #expect(log.stagedLength == 1 && log.lineCount == 50)
            gate.open()
            try await group.waitForAll()
        }
        #expect(log.length == 101 && log.lineCount == 0)
        #expect(writer.statistics.sets - before.sets == 2 && writer.statistics.transactions - before.transactions == 2)
        #expect(store.registry.counters.appends == 51 && store.registry.counters.blocksAppended == 101)
    }

    @Test func `who cannot have what it wants fails alone`() async throws {
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        gate.shut()
        let held = Task { try await log.append([0]) }
        await gate.waitUntilHolding()
        let first = Task { try await log.append([1]) }
        try await until { log.gatheredLength == 2 }
        let tooLong = Task { try await log.append(contentsOf: [[2]], maxLength: 2) }
        try await until { log.gatheredLength == 3 }
        let last = Task { try await log.append([3]) }
        try await until { log.gatheredLength == 4 }
        gate.open()
        #expect(try await held.value.length == 1)
        #expect(try await first.value.length == 2)
        await expectError(.logTooLong) { _ = try await tooLong.value }
        #expect(try await last.value.length == 3)
        #expect(try (0..<3).map { try log.read($0) } == [[0], [1], [3]])
    }

    @Test func `an append that waits can be cancelled, and is not appended`() async throws {
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        gate.shut()
        let held = Task { try await log.append([0]) }
        await gate.waitUntilHolding()
        let cancelled = Task { try await log.append([1]) }
        try await until { log.lineCount == 1 }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { _ = try await cancelled.value }
        #expect(log.lineCount == 0)
        gate.open()
        _ = try await held.value
        #expect(try await log.append([2]).length == 2)
        #expect(try log.read(1) == [2])
    }

    @Test func `what waits when its session is closed is written`() async throws {
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        let session = try await store.writable()
        gate.shut()
        let held = Task { try await log.append([0]) }
        await gate.waitUntilHolding()
        let waiting = Task { try await session.append([1]) }
        try await until { log.lineCount == 1 }
        let closing = Task { await session.close() }
        try await until { log.lineCount == 0 && log.stagedLength == 2 }
        gate.open()
        await closing.value
        #expect(try await held.value.length == 1)
        #expect(try await waiting.value.length == 2)
        #expect(log.length == 2)
    }
}
