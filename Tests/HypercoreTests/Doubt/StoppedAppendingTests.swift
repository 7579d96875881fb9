import Crypto
import HypercoreStorage
import StorageEngine
import Testing

@testable import Hypercore

/// A store that may have forgotten what it signed does not sign on.
@Suite(.timeLimit(.minutes(5))) struct StoppedAppendingTests {
    @Test(arguments: zip(HistoryDoubt.allCases, [AppendingStop.uncleanStop, .copied]))
    func `a doubt stops what is signed, and nothing else`(doubt: HistoryDoubt, stop: AppendingStop) async throws {
        let store = try await TestStore.doubtful(doubt, length: 3)
        let log = try await store.writable()
        await log.expectStopped(stop)
        try await log.setUserData([1], for: "key")
        #expect(try log.userData("key") == [1])
        #expect(try await log.clear(1..<2).blockCount == 1)
        #expect(try log.storedBlocks(of: 3) == [0, 2])

        let reader = try TestStore()
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(store.registry, reader.registry)
        #expect(try await copy.get(2) == numberedBlocks(2..<3)[0])
        // Having the log from us is no confirmation of it.
        #expect(log.appendingStop == stop)
        pipe.cut()
    }

    @Test func `a log that cannot be written here anyway is not in doubt`() async throws {
        let store = try TestStore(TestStore.doubtfulEngine())
        _ = try await store.reader(of: TestStore.key("other"))
        let again = try await store.reopened(doubting: .copied)
        let copy = try #require(try await again.stored(TestStore.key("other")))
        #expect(copy.appendingStop == nil)
        await expectError(.notWritable) { try await copy.append([1]) }
        try await copy.trustHistory()
    }

    @Test func `trusting a log ends its stop for good, and that of no other log`() async throws {
        var store = try TestStore(TestStore.doubtfulEngine())
        for name in ["one", "two"] { try await store.writable(name).append([1]) }
        store = try await store.reopened(doubting: .uncleanStop)
        let log = try await store.writable("one")
        let events = log.events
        try await log.trustHistory()
        #expect(log.appendingStop == nil && log.isWritable)
        #expect(try await log.append([2]).length == 2)
        #expect(await events.first { _ in true } == .appendingResumed)
        await (try await store.writable("two")).expectStopped(.uncleanStop)

        store = try await store.reopened()
        #expect(try await store.writable("one").append([3]).length == 3)
        await (try await store.writable("two")).expectStopped(.uncleanStop)
        store = try await store.reopened(doubting: .copied)
        for name in ["one", "two"] { await (try await store.writable(name)).expectStopped(.copied) }
    }

    @Test func `trusting a log that is not in doubt writes nothing`() async throws {
        let engine = TestStore.doubtfulEngine()
        let log = try await TestStore(engine).writable()
        let commits = engine.count(of: .commit)
        try await log.trustHistory()
        #expect(engine.count(of: .commit) == commits)
    }

    @Test func `trust that cannot be stored is no trust`() async throws {
        let store = try await TestStore.doubtful(length: 1)
        let log = try await store.writable()
        let engine = try #require(store.engine as? FaultInjectingEngine)
        engine.inject(.init(.commit))
        await expectError(.storage) { try await log.trustHistory() }
        await log.expectStopped(.copied)
        try await log.trustHistory()
        try await log.append([1])
    }

    @Test func `a log that is made in a doubtful store is in doubt, for it may have been there before`() async throws {
        var store = try await TestStore.doubtful(length: 1)
        await (try await store.writable("made in doubt")).expectStopped(.copied)
        store = try await store.reopened()
        await (try await store.writable("made in doubt")).expectStopped(.copied)
        try await store.registry.trustHistory()
        try await store.writable("made after it").append([1])
    }

    @Test func `trusting the store ends the stop of all logs, open or not, for good`() async throws {
        var store = try TestStore(TestStore.doubtfulEngine())
        for name in ["one", "two", "three"] { try await store.writable(name).append([1]) }
        store = try await store.reopened(doubting: .copied)
        let (one, two) = (try await store.writable("one"), try await store.writable("two"))
        let events = one.events
        try await store.registry.trustHistory()
        for log in [one, two, try await store.writable("three")] { #expect(try await log.append([2]).length == 2) }
        #expect(await events.first { _ in true } == .appendingResumed)
        store = try await store.reopened()
        #expect(try await store.writable("one").append([3]).length == 3)
    }

    @Test func `a store that is opened as trusted takes appends at once, until the next doubt`() async throws {
        var store = try TestStore(TestStore.doubtfulEngine())
        try await store.writable().append([1])
        store = try await store.reopened(doubting: .copied, isTrusted: true)
        try await store.writable().append([2])
        store = try await store.reopened(doubting: .copied)
        await (try await store.writable()).expectStopped(.copied)
    }

    @Test func `a read-only store cannot be trusted by word`() async throws {
        let store = try await TestStore.doubtful(length: 1)
        let readOnly = try TestStore(store.engine, readOnly: true)
        let log = try #require(try await readOnly.stored(TestStore.key()))
        await expectError(.notWritable) { try await log.trustHistory() }
        await expectError(.notWritable) { try await readOnly.registry.trustHistory() }
        await expectError(.notWritable) { try await log.append([1]) }
    }

    @Test(arguments: AppendingStop.allCases) func `the words say what to do`(stop: AppendingStop) {
        // But for the one that has no end.
        #expect(stop.description.contains(stop == .frozen ? "frozen for good" : "trust the history"))
        #expect(!stop.description.contains("\n"))
    }
}
