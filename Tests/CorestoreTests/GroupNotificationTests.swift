import CompactEncoding
import Corestore
import Crypto
import Hypercore
import Testing

@Suite(.timeLimit(.minutes(5))) struct GroupNotificationTests {
    private let topic = Bytes32(Array(repeating: 1, count: 32))!
    private let otherTopic = Bytes32(Array(repeating: 2, count: 32))!

    @Test func `a handle tells of each change, with the log's key, length and fork`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log", options: SessionOptions(group: topic))
        let second = try await store.get(name: "log")
        let group = try store.notifyGroup(topic)
        #expect(group.topic == topic)
        var activity = group.activity.makeAsyncIterator()
        try await log.append([1])
        var change = try #require(await activity.next())
        #expect(change.topic == topic && change.key == log.key && change.discoveryKey == log.discoveryKey)
        #expect(change.length == 1 && change.fork == 0)
        // Once for a change, however many sessions there are.
        try await second.append([2])
        change = try #require(await activity.next())
        #expect(change.length == 2)
        try await log.truncate(to: 1)
        change = try #require(await activity.next())
        #expect(change.length == 1 && change.fork == 1)
        try await store.close()
        #expect(await activity.next() == nil)
    }

    @Test func `what changed is listed, the latest first or last, since any time, as often as it is asked`()
        async throws
    {
        let store = try await Corestore.inMemory()
        let group = try store.notifyGroup(topic)
        #expect(try await Self.keys(group.updates()).isEmpty)
        var keys: [DiscoveryKey] = []
        for name in ["a", "b", "c"] {
            let log = try await store.namespace(name).get(name: "log", options: SessionOptions(group: topic))
            try await log.append([1])
            keys.append(log.discoveryKey)
        }
        let oldest = try await Self.keys(group.updates(reversed: false))
        #expect(Set(oldest) == Set(keys) && oldest.count == 3)
        #expect(try await Self.keys(group.updates()) == oldest.reversed())
        // Several lists of one handle are independent, and one may be left in the middle.
        for try await _ in group.updates() { break }
        async let (first, second) = (Self.keys(group.updates()), Self.keys(group.updates()))
        #expect(try await first == second)
        #expect(try await Self.keys(group.updates(since: .max)).isEmpty)
        #expect(try await Self.keys(store.notifyGroup(otherTopic).updates()).isEmpty)
        group.end()
        #expect(try await Self.keys(group.updates()).count == 3)
        try await store.close()
    }

    @Test func `a handle that is ended tells no more, and the others do`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log", options: SessionOptions(group: topic))
        let (first, second) = (try store.notifyGroup(topic), try store.notifyGroup(topic))
        var (ended, going) = (first.activity.makeAsyncIterator(), second.activity.makeAsyncIterator())
        try await log.append([1])
        #expect(await ended.next()?.length == 1)
        first.end()
        first.end()
        try await log.append([2])
        #expect(await ended.next() == nil)
        #expect(await going.next()?.length == 1)
        #expect(await going.next()?.length == 2)
        // From an ended handle nothing begins.
        for await _ in first.activity { Issue.record("an ended handle told of a change") }
        try await store.close()
    }

    @Test func `subscriptions end with the session that gave them out`() async throws {
        let store = try await Corestore.inMemory()
        let session = store.session()
        let log = try await store.get(name: "log", options: SessionOptions(group: topic))
        let handle = try session.notifyGroup(topic)
        var inner = [handle.activity, session.groupActivity].map { $0.makeAsyncIterator() }
        var outer = store.groupActivity.makeAsyncIterator()
        try await session.close()
        try await log.append([1])
        for index in inner.indices { #expect(await inner[index].next() == nil) }
        #expect(await outer.next()?.key == log.key)
        try await store.close()
    }

    @Test func `a store tells of its groups also where a peer moves a log that nobody has open`() async throws {
        let directory = try TemporaryDirectory()
        let writer = try await Corestore.inMemory()
        let log = try await writer.get(name: "log")
        var store = try await directory.open()
        _ = try await store.get(key: log.key, options: SessionOptions(group: topic))
        try await store.close()

        store = try await directory.open()
        var activity = store.groupActivity.makeAsyncIterator()
        #expect(store.openLogCount == 0)
        let pipe = StorePipe(store, writer)
        try await log.append([1])
        let change = try #require(await activity.next())
        #expect(change.topic == topic && change.key == log.key && change.length == 1 && change.fork == 0)
        #expect(try await Self.keys(store.notifyGroup(topic).updates()) == [log.discoveryKey])
        await pipe.cut()
        try await store.close()
        try await writer.close()
    }

    @Test func `logs of a group that are downloaded are listed, and stay in it when the store is opened again`()
        async throws
    {
        let directory = try TemporaryDirectory()
        let writer = try await Corestore.inMemory()
        let (first, second) = (try await writer.get(name: "1"), try await writer.get(name: "2"))
        try await first.append([1])
        var expected: [DiscoveryKey] = []
        for log in [first, second] {
            let store = try await directory.open()
            let copy = try await store.get(key: log.key, options: SessionOptions(group: topic))
            if log === second { try await second.append([2]) }
            let pipe = StorePipe(store, writer)
            _ = try await copy.get(0)
            await pipe.cut()
            expected.insert(log.discoveryKey, at: 0)
            #expect(try await Self.keys(store.notifyGroup(topic).updates()) == expected)
            try await store.close()
        }
        let store = try await directory.open()
        #expect(try await Self.keys(store.notifyGroup(topic).updates()) == expected)
        try await store.close()
        try await writer.close()
    }

    private static func keys(_ list: GroupList) async throws -> [DiscoveryKey] {
        var keys: [DiscoveryKey] = []
        for try await update in list { keys.append(update.discoveryKey) }
        return keys
    }
}
