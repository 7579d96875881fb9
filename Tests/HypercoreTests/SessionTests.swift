import HypercoreStorage
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct SessionTests {
    @Test func `sessions of one log share it`() async throws {
        let store = try TestStore()
        let (first, second) = (try await store.writable(), try await store.writable())
        #expect(first.core === second.core)
        try await first.append([1])
        #expect(try second.read(0) == [1] && second.length == 1)
        await first.close()
        try await second.append([2])
        #expect(second.length == 2)
    }

    @Test func `a closed session refuses every call, and another of the same log does not`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable(), try await store.writable())
        try await log.append([1])
        await log.close()
        await log.close()
        await expectError(.closed) { try await log.append([2]) }
        await expectError(.closed) { try await log.append(contentsOf: []) }
        await expectError(.closed) { _ = try log.read(0) }
        await expectError(.closed) { _ = try log.has(0) }
        await expectError(.closed) { _ = try await log.get(0) }
        await expectError(.closed) { _ = try await log.get(9, timeout: .milliseconds(1)) }
        await expectError(.closed) { _ = try await log.update() }
        await expectError(.closed) { _ = try log.download() }
        await expectError(.closed) { _ = try log.treeHash() }
        #expect(try other.read(0) == [1] && other.length == 1)
    }

    @Test func `the last session to close lets the log go, and it can be opened again`() async throws {
        let store = try TestStore()
        var sessions = [try await store.writable(), try await store.writable()]
        weak let core = sessions[0].core
        for session in sessions { await session.close() }
        sessions = []
        #expect(core == nil)
        #expect(try await store.writable().append([1]).length == 1)
    }

    @Test func `a session that is dropped lets its log go too`() async throws {
        let store = try TestStore()
        weak var core: Core?
        do {
            let log = try await store.writable()
            core = log.core
            try await log.append([1])
        }
        #expect(core == nil)
        #expect(try await store.writable().length == 1)
    }

    @Test func `the events of a log end with it`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let events = log.events
        try await log.append(contentsOf: [[1], [2]])
        try await log.append([3])
        await log.close()
        var told: [CoreEvent] = []
        for await event in events { told.append(event) }
        #expect(told == [.appended(length: 2), .appended(length: 3)])
        for await event in log.events { Issue.record("a closed log told of \(event)") }
    }

    @Test func `a log that is opened again while its last append is under way goes on from there`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let first = try await store.writable()
        gate.shut()
        let appending = Task { try await first.append([1]) }
        await gate.waitUntilHolding()
        await first.close()
        let second = try await store.writable()
        let next = Task { try await second.append([2]) }
        gate.open()
        #expect(try await appending.value.length == 1)
        #expect(try await next.value.length == 2)
        #expect(try second.length == 2 && second.read(0) == [1] && second.read(1) == [2])
    }

    @Test func `many tasks open and close one log while others append`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    let session = try await store.writable()
                    if index.isMultiple(of: 2) { try await session.append([UInt8(index)]) }
                    await session.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(log.length == 50)
    }
}
