import CompactEncoding
import Corestore
import Crypto
import Hypercore
import Synchronization
import Testing

/// Who watches a store is told of the logs that it opens.
@Suite(.timeLimit(.minutes(5))) struct WatchTests {
    @Test func `each opening is told once, with a weak session that ends with the log`() async throws {
        let store = try await Corestore.inMemory()
        let seen = Sessions()
        try store.watch { seen.add($0) }
        let log = try await store.namespace("a").get(name: "log")
        let watched = try #require(seen.all.first)
        #expect(watched.key == log.key)
        let second = try await store.get(key: log.key)
        #expect(seen.all.count == 1)
        var events = watched.events.makeAsyncIterator()
        try await log.append([1])
        #expect(try watched.read(0) == [1])
        guard case .appended(1) = await events.next() else {
            Issue.record("the append was not told")
            return
        }
        await second.close()
        #expect(try watched.read(0) == [1])
        await log.close()
        #expect(await events.next() == nil)
        #expect(throws: HypercoreError.self) { try watched.read(0) }
        #expect(store.openLogCount == 0)
        // Opened anew it is told anew.
        let again = try await store.get(key: log.key)
        #expect(seen.all.count == 2)
        #expect(try seen.all.last?.read(0) == [1])
        await again.close()
        try await store.close()
    }

    @Test func `a watch sees the logs that peers ask for`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.open()
        let log = try await store.get(name: "log")
        try await log.append([1])
        let key = log.key
        try await store.close()

        store = try await directory.open { $0.isActive = false }
        let (reader, seen) = (try await Corestore.inMemory(), Sessions())
        try store.watch { seen.add($0) }
        let pipe = StorePipe(store, reader)
        #expect(try await reader.get(key: key).get(0) == [1])
        #expect(seen.all.map(\.key) == [key])
        await pipe.cut()
        try await until { store.openLogCount == 0 }
        #expect(throws: HypercoreError.self) { try seen.all[0].read(0) }
        try await store.close()
        try await reader.close()
    }

    @Test func `what is not opened is not told`() async throws {
        let store = try await Corestore.inMemory()
        let seen = Sessions()
        try store.watch { seen.add($0) }
        await expectError(.notFound) { _ = try await store.get(discoveryKey: DiscoveryKey(.zero)) }
        await expectError(.notFound) {
            _ = try await store.get(name: "log", options: SessionOptions(createIfMissing: false))
        }
        #expect(seen.all.isEmpty)
        try await store.close()
    }

    @Test func `a watch ends when it is ended and when its session is closed, and others go on`() async throws {
        let store = try await Corestore.inMemory()
        let session = store.session()
        let (first, second, third) = (Sessions(), Sessions(), Sessions())
        let watch = try store.watch { first.add($0) }
        try session.watch { second.add($0) }
        try store.watch { third.add($0) }
        _ = try await store.get(name: "1")
        watch.end()
        watch.end()
        _ = try await store.get(name: "2")
        try await session.close()
        _ = try await store.get(name: "3")
        #expect([first, second, third].map(\.all.count) == [1, 2, 3])
        try await store.close()
        watch.end()
    }

    @Test func `a watcher may use the store while it is told`() async throws {
        let store = try await Corestore.inMemory()
        let told = Tally()
        try store.watch { log in
            #expect(log.sessionCount > 0 && log.length == 0)
            // Ends the watch from inside.
            if told.value == 0, let other = try? store.watch({ _ in }) { other.end() }
            told.add()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 { group.addTask { _ = try await store.get(name: "log \(number)") } }
            try await group.waitForAll()
        }
        #expect(told.value == 20)
        try await store.close()
    }
}

/// The sessions that a watcher was handed.
private final class Sessions: Sendable {
    private let sessions = Mutex<[Hypercore]>([])

    var all: [Hypercore] { sessions.withLock { $0 } }

    func add(_ session: Hypercore) { sessions.withLock { $0.append(session) } }
}

// MARK: - Finding peers

@Suite(.timeLimit(.minutes(5))) struct FindingPeersTests {
    @Test func `an update waits until the search is over, and then says that nobody has more`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(key: CoreKey(.zero))
        #expect(try await log.update() == false)
        let search = try store.findingPeers()
        let late = try await store.namespace("a").get(name: "late")
        let ended = Tally()
        let updates = [log, late].map { log in
            Task {
                defer { ended.add() }
                return try await log.update()
            }
        }
        for _ in 0..<200 { await Task.yield() }
        #expect(ended.value == 0)
        search.end()
        search.end()
        for update in updates { #expect(try await update.value == false) }
        #expect(try await late.update() == false)
        try await store.close()
    }

    @Test func `an update ends as soon as a peer has brought the log on`() async throws {
        let (store, peer) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let log = try await peer.get(name: "log")
        try await log.append([1])
        let search = try store.findingPeers()
        let copy = try await store.get(key: log.key)
        let update = Task { try await copy.update() }
        let pipe = StorePipe(store, peer)
        #expect(try await update.value)
        #expect(copy.length == 1)
        search.end()
        await pipe.cut()
        try await store.close()
        try await peer.close()
    }

    @Test func `several searches are over when the last one is`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(key: CoreKey(.zero))
        let (first, own) = (try store.findingPeers(), log.findingPeers())
        var second: FindingPeers? = try store.findingPeers()
        let ended = Tally()
        let update = Task {
            defer { ended.add() }
            return try await log.update()
        }
        first.end()
        own.end()
        for _ in 0..<200 { await Task.yield() }
        #expect(ended.value == 0)
        // One that is forgotten is over.
        #expect(second != nil)
        second = nil
        #expect(try await update.value == false)
        try await store.close()
    }

    @Test func `a search ends with its session, and whoever waits with the store`() async throws {
        let store = try await Corestore.inMemory()
        let session = store.session()
        let log = try await store.get(key: CoreKey(.zero))
        let search = try session.findingPeers()
        let update = Task { try await log.update() }
        try await session.close()
        #expect(try await update.value == false)
        search.end()

        let other = try store.findingPeers()
        let waiting = Task { try await log.update() }
        for _ in 0..<50 { await Task.yield() }
        try await store.close()
        // Told that nobody came, or that the log was closed: both end the wait.
        if case .success(let hasGrown) = await waiting.result { #expect(!hasGrown) }
        other.end()
    }
}
