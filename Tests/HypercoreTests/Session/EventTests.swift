import Crypto
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct EventTests {
    @Test func `what a batch does is told in its order`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let events = log.events
        try await store.registry.atomically { batch in
            try batch.truncate(log, to: 2)
            try batch.append([9], to: log)
        }
        try await log.clear(0..<1)
        try await log.truncate(to: 2)
        await log.close()
        #expect(
            await events.all() == [
                .truncated(length: 2, fork: 1), .appended(length: 3), .cleared(0..<1), .truncated(length: 2, fork: 2),
            ])
    }

    @Test func `a subscription begins when it is asked for, and each is its own`() async throws {
        let log = try await TestStore().writable()
        let first = log.events
        try await log.append([1])
        let second = log.events
        try await log.append([2])
        await log.close()
        #expect(await first.all() == [.appended(length: 1), .appended(length: 2)])
        #expect(await second.all() == [.appended(length: 2)])
        #expect(await log.events.all() == [])
    }

    @Test func `whoever is too slow learns how much was missed`() async throws {
        let log = try await TestStore().writable()
        let (slow, quick) = (log.events, log.events)
        let count = CoreEvents.bufferLimit + 10
        let watching = Task { await quick.all() }
        for index in 0..<count { try await log.append([UInt8(truncatingIfNeeded: index)]) }
        var iterator = slow.makeAsyncIterator()
        #expect(await iterator.next() == .missed(10))
        #expect(await iterator.next() == .appended(length: 11))
        try await log.append([1])
        await log.close()
        let rest = await slow.all()
        #expect(rest.count == count - 10 && rest.last == .appended(length: UInt64(count) + 1))
        #expect(await watching.value.last == .appended(length: UInt64(count) + 1))
    }

    @Test func `closing a session ends its events, and no others`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable(), try await store.writable())
        let (events, others) = (log.events, other.events)
        let waiting = Task { await events.all() }
        await log.close()
        #expect(await waiting.value == [])
        try await other.append([1])
        await other.close()
        #expect(await others.all() == [.appended(length: 1)])
    }

    @Test func `a log that is purged says so, and that is the last of it`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable(), try await store.writable())
        let events = other.events
        try await log.append([1])
        try await log.purge()
        #expect(await events.all() == [.appended(length: 1), .purged])
        #expect(await log.events.all() == [])
    }

    @Test func `cancelling the task ends the loop, and others go on`() async throws {
        let log = try await TestStore().writable()
        let events = log.events
        let cancelled = Task { await events.all() }
        cancelled.cancel()
        #expect(await cancelled.value == [])
        try await log.append([1])
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == .appended(length: 1))
    }

    @Test func `events keep the session that they are of, and let it go`() async throws {
        let store = try TestStore()
        weak var core: Core?
        do {
            let events = try await store.writable().events
            core = try await store.writable().core
            try await store.writable().append([1])
            var iterator = events.makeAsyncIterator()
            #expect(await iterator.next() == .appended(length: 1))
        }
        #expect(core == nil)
    }

    @Test func `two loops share what there is`() async throws {
        let log = try await TestStore().writable()
        let events = log.events
        let loops = [Task { await events.all() }, Task { await events.all() }]
        for index in 0..<200 { try await log.append([UInt8(index)]) }
        await log.close()
        var seen: [CoreEvent] = []
        for loop in loops { seen += await loop.value }
        #expect(Set(seen) == Set((1...200).map { .appended(length: $0) }) && seen.count == 200)
    }

    @Test func `what a peer has of the log is told`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<20))
        #expect(try log.remoteContiguousLength == 0 && log.info().remoteContiguousLength == 0)
        let events = log.events
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try await copy.download(end: 20).finished()
        try await until { log.remoteContiguousLength == 20 }
        // The writer has all blocks, and the reader hears of that.
        try await until { copy.remoteContiguousLength == 20 }
        await pipe.cutAndWait()
        // It is still elsewhere when the peer has gone.
        #expect(try log.info().remoteContiguousLength == 20 && log.info().peerCount == 0)
        try await log.append([1])
        #expect(log.remoteContiguousLength == 20)
        try await log.truncate(to: 7)
        #expect(log.remoteContiguousLength == 7)
        try await log.append(contentsOf: numberedBlocks(0..<20))
        #expect(log.remoteContiguousLength == 7)
        await log.close()
        let told = await events.all()
        let lengths = told.compactMap {
            if case .remoteContiguousLengthChanged(let length) = $0 { length } else { nil }
        }
        #expect(lengths.last == 7 && lengths.dropLast().last == 20)
        #expect(lengths.dropLast() == lengths.dropLast().sorted()[...])
        #expect(told.contains(.peerAdded) && told.contains(.peerRemoved))
    }
}

extension CoreEvents {
    /// All that is still to come, until the end.
    fileprivate func all() async -> [CoreEvent] {
        var events: [CoreEvent] = []
        for await event in self { events.append(event) }
        return events
    }
}
