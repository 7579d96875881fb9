import CompactEncoding
import Crypto
import HypercoreStorage
import Synchronization
import Testing

@testable import Hypercore
@testable import StorageEngine

@Suite(.timeLimit(.minutes(5))) struct GroupTests {
    private let topic = Bytes32(Array(repeating: 7, count: 32))!
    private let otherTopic = Bytes32(Array(repeating: 8, count: 32))!

    @Test func `a log joins one group, once, and stays in it`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        #expect(log.group == nil)
        try await log.setGroup(topic)
        #expect(log.group == topic)
        let before = try store.allRecords()
        try await log.setGroup(topic)
        #expect(try store.allRecords() == before)
        await expectError(.otherGroup) { try await log.setGroup(otherTopic) }
        let reopened = try await store.reopened()
        let again = try await reopened.writable()
        #expect(again.group == topic)
        await expectError(.otherGroup) { try await again.setGroup(otherTopic) }
        await expectError(.notWritable) { try await again.snapshot().setGroup(topic) }
        await again.close()
        await expectError(.closed) { try await again.setGroup(topic) }
        let lone = try await reopened.writable("lone")
        let readOnly = try TestStore(store.engine, readOnly: true)
        await expectError(.notWritable) { try await readOnly.stored(lone.key)?.setGroup(topic) }
        let reader = try #require(try await readOnly.stored(log.key))
        #expect(reader.group == topic)
        try await reader.setGroup(topic)
        await expectError(.otherGroup) { try await reader.setGroup(otherTopic) }
    }

    @Test func `the option of a session puts the log into a group`() async throws {
        let store = try TestStore()
        let identity = TestStore.identity()
        let options = SessionOptions(group: topic)
        let log = try #require(
            try await store.registry.session(identity.key.discoveryKey, creating: identity, options: options))
        #expect(log.group == topic)
        #expect(try #require(try await store.registry.session(log.discoveryKey, options: options)).group == topic)
        await expectError(.otherGroup) {
            _ = try await store.registry.session(log.discoveryKey, options: SessionOptions(group: otherTopic))
        }
    }

    @Test func `the logs of a group are listed by when they last changed, in either order`() async throws {
        let clock = TestClock()
        let store = try TestStore(wallClock: clock.read)
        let logs = try await [store.writable("a"), store.writable("b"), store.writable("c")]
        let lone = try await store.writable("lone")
        try await store.writable("other").setGroup(otherTopic)
        for log in logs {
            try await log.setGroup(topic)
            clock.advance()
        }
        #expect(try store.list(topic) == logs.map(\.discoveryKey))
        try await lone.append([1])
        try await logs[0].append([1])
        clock.advance()
        try await logs[2].append([1])
        clock.advance()
        try await logs[0].truncate(to: 0)
        let changed = [logs[1], logs[2], logs[0]].map(\.discoveryKey)
        #expect(try store.list(topic) == changed)
        #expect(try store.list(topic, order: .newestFirst) == changed.reversed())
        #expect(try store.list(topic, limit: 2) == Array(changed.prefix(2)))
        let first = try #require(try store.registry.directory.logs(of: topic, limit: 1).first)
        #expect(try store.list(topic, after: first) == Array(changed.dropFirst()))
        #expect(try store.list(topic, since: first.timestamp) == changed)
        #expect(try store.list(topic, since: first.timestamp + 1) == Array(changed.dropFirst()))
        #expect(try store.list(topic, since: .max) == [])
        let last = try #require(try store.registry.directory.logs(of: topic, order: .newestFirst, limit: 1).first)
        #expect(try store.list(topic, order: .newestFirst, after: last) == Array(changed.dropLast().reversed()))
        #expect(try store.list(Bytes32.zero) == [])
        #expect(try await store.reopened().list(topic) == changed)
    }

    @Test func `each log is listed once, however often it changes`() async throws {
        let clock = TestClock()
        let store = try TestStore(wallClock: clock.read)
        let log = try await store.writable()
        try await log.setGroup(topic)
        for round in 0..<20 {
            if round.isMultiple(of: 3) { clock.advance() }
            async let first = log.append([1])
            async let second = log.append([2])
            _ = try await (first, second)
            try await log.setUserData([1], for: "a")
            try await log.clear(0..<1)
        }
        #expect(try store.list(topic) == [log.discoveryKey])
        #expect(try store.allRecords().count { $0.table == "store" && $0.key.first == 2 } == 1)
        #expect(try store.registry.directory.lastChange(of: topic) == clock.read())
    }

    @Test func `the timestamps of a group never go back, whatever the clock does`() async throws {
        let clock = TestClock()
        let store = try TestStore(wallClock: clock.read)
        let log = try await store.writable()
        try await log.setGroup(topic)
        let start = try #require(try store.registry.directory.lastChange(of: topic))
        clock.set(start - 500)
        try await log.append([1])
        #expect(try store.registry.directory.lastChange(of: topic) == start)
        let reopened = try await store.reopened(wallClock: clock.read)
        let other = try await reopened.writable("other")
        let again = try await reopened.writable()
        try await again.append([1])
        try await other.setGroup(topic)
        #expect(try reopened.list(topic).count == 2)
        #expect(try reopened.registry.directory.logs(of: topic, limit: 9).allSatisfy { $0.timestamp >= start })
    }

    @Test func `who watches is told of what has grown or was cut, once it is durable`() async throws {
        let clock = TestClock()
        let (store, other) = (try TestStore(wallClock: clock.read), try TestStore())
        let (log, lone) = (try await store.writable(), try await store.writable("lone"))
        let told = Mutex<[GroupUpdate]>([])
        let watch = store.registry.onGroupActivity { activity in told.withLock { $0.append(activity.update) } }
        try await log.setGroup(topic)
        try await lone.append([1])
        #expect(told.withLock { $0 } == [])
        try await log.append([1])
        clock.advance()
        try await log.truncate(to: 0)
        try await log.setUserData([1], for: "a")
        let update = GroupUpdate(topic: topic, discoveryKey: log.discoveryKey, timestamp: clock.read())
        #expect(told.withLock { $0.count } == 2)
        #expect(told.withLock { $0.last } == update)

        // What a peer brings counts as well.
        let remote = try await other.writable("remote")
        try await remote.append([1])
        let copy = try await store.reader(of: remote.key)
        try await copy.setGroup(topic)
        clock.advance()
        let pipe = MemoryPipe(store.registry, other.registry)
        _ = try await copy.get(0)
        await pipe.cutAndWait()
        #expect(told.withLock { $0.last?.discoveryKey } == copy.discoveryKey)
        #expect(try store.list(topic) == [log.discoveryKey, copy.discoveryKey])

        store.registry.endGroupActivity(watch)
        let count = told.withLock { $0.count }
        try await log.append([1])
        #expect(told.withLock { $0.count } == count)
    }

    @Test func `atomic batches move all their logs`() async throws {
        let clock = TestClock()
        let store = try TestStore(wallClock: clock.read)
        let logs = try await [store.writable("a"), store.writable("b"), store.writable("c")]
        for log in logs {
            try await log.setGroup(topic)
            clock.advance()
        }
        try await store.registry.atomically { batch in
            try batch.append([1], to: logs[0])
            try batch.append([1], to: logs[1])
        }
        #expect(try store.list(topic).first == logs[2].discoveryKey)
        #expect(try Set(store.list(topic)).count == 3)
    }

    @Test func `what was not committed has moved nothing, and what follows it is listed once`() async throws {
        let clock = TestClock()
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, wallClock: clock.read)
        let log = try await store.writable()
        engine.inject(.init(.commit))
        await expectError(.storage) { try await log.setGroup(topic) }
        #expect(log.group == nil)
        try await log.append([1])
        #expect(try store.list(topic) == [])
        try await log.setGroup(topic)
        for _ in 0..<3 {
            clock.advance()
            engine.inject(.init(.commit))
            await expectError(.storage) { try await log.append([2]) }
            clock.advance()
            try await log.append([3])
        }
        #expect(try store.registry.directory.logs(of: topic, limit: 9).map(\.timestamp) == [clock.read()])
        #expect(try store.allRecords().count { $0.table == "store" && $0.key.first == 2 } == 1)
    }

    @Test func `a purged log is in no group`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.setGroup(topic)
        async let append = log.append([1])
        _ = try await append
        try await log.purge()
        await store.registry.finishSweeping()
        #expect(try store.list(topic) == [])
        #expect(try store.allRecords().allSatisfy { $0.table == "store" && $0.key.first != 2 })
        let again = try await store.writable()
        #expect(again.group == nil)
        try await again.setGroup(otherTopic)
        #expect(try store.list(otherTopic) == [again.discoveryKey])
    }

    @Test func `a log without a group puts no more records than before, and one of a group two more`() async throws {
        let clock = TestClock()
        let store = try TestStore(wallClock: clock.read)
        let log = try await store.writable()
        try await log.append([1])
        let writer = try #require(store.writer)
        func puts(_ body: () async throws -> Void) async throws -> UInt64 {
            let before = writer.statistics.recordsPut
            try await body()
            return writer.statistics.recordsPut - before
        }
        #expect(try await puts { try await log.append([1]) } == 3)
        try await log.setGroup(topic)
        #expect(try await puts { try await log.append([1]) } == 3)
        clock.advance()
        #expect(try await puts { try await log.append([1]) } == 5)
        #expect(try await puts { try await log.setUserData([1], for: "a") } == 1)
    }

    @Test func `every way to move a log's head moves it in its group`() async throws {
        let time = Mutex<UInt64>(1)
        let store = try TestStore(wallClock: { time.withLock { $0 } })
        let log = try await store.writable()
        let topic = BLAKE2b.hash([1])
        try await log.setGroup(topic)
        let changes: [@Sendable () async throws -> Void] = [
            { try await log.append([1]) },
            { try await log.append(contentsOf: [[2], [3]]) },
            { try await log.truncate(to: 1) },
            {
                let branch = try await log.branch("draft")
                try await branch.append([4])
                try await log.commit(branch)
            },
            {
                let tree = try log.signableTree(appending: [[5]])
                try await log.append(contentsOf: [[5]], signature: tree.assemble([try tree.share()]))
            },
        ]
        for (index, change) in changes.enumerated() {
            let now = UInt64(100 * (index + 1))
            time.withLock { $0 = now }
            try await change()
            let entries = try store.registry.directory.logs(of: topic, limit: 10)
            #expect(entries.map(\.timestamp) == [now], "change \(index)")
            #expect(entries.map(\.discoveryKey) == [log.discoveryKey])
        }
    }
}

/// A wall clock that tests set.
private final class TestClock: Sendable {
    private let time = Mutex<UInt64>(1_000_000)

    var read: @Sendable () -> UInt64 { { [self] in time.withLock { $0 } } }
    func advance() { time.withLock { $0 += 10 } }
    func set(_ value: UInt64) { time.withLock { $0 = value } }
}

extension TestStore {
    fileprivate func list(
        _ topic: Bytes32, since: UInt64 = 0, order: GroupOrder = .oldestFirst, after last: GroupEntry? = nil,
        limit: Int = .max
    ) throws -> [DiscoveryKey] {
        try registry.directory.logs(of: topic, since: since, order: order, after: last, limit: limit)
            .map(\.discoveryKey)
    }

    fileprivate func reopened(wallClock: @escaping @Sendable () -> UInt64) async throws -> TestStore {
        registry.close()
        await writer?.close()
        return try TestStore(engine, wallClock: wallClock)
    }
}
