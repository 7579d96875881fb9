import Replication
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct UpdatingTests {
    @Test func `without peers an update is over at once, unless somebody looks for some`() async throws {
        let store = try TestStore()
        let copy = try await store.reader(of: TestStore.key())
        #expect(try await !copy.update())

        let search = copy.findingPeers()
        let waiting = Task { try await copy.update() }
        try await until { copy.waitCount == 1 }
        search.end()
        search.end()
        #expect(try await !waiting.value)
    }

    @Test func `a search for peers of all logs holds for those that are opened meanwhile`() async throws {
        let store = try TestStore()
        let early = try await store.reader(of: TestStore.key("early"))
        var search: FindingPeers? = store.registry.findingPeers()
        let second = store.registry.findingPeers()
        let late = try await store.reader(of: TestStore.key("late"))
        let waiting = [early, late].map { log in Task { try await log.update() } }
        try await until { early.waitCount == 1 && late.waitCount == 1 }
        second.end()
        #expect(early.waitCount == 1 && late.waitCount == 1)
        // Letting go of it ends it, too.
        #expect(search != nil)
        search = nil
        for task in waiting { #expect(try await !task.value) }
        for log in [early, late] { #expect(try await !log.update()) }
    }

    @Test func `an update that waits ends when the log grows, and not before`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        #expect(try await pair.link.moving { try await !copy.update() })
        let waiting = Task { try await copy.update(options: UpdateOptions(waits: true)) }
        try await until { copy.waitCount == 1 }
        pair.link.advance(by: .seconds(100))
        #expect(copy.waitCount == 1)
        try await log.append([1])
        #expect(try await pair.link.moving { try await waiting.value })
    }

    @Test func `an update is given up after its time, and with its task`() async throws {
        let store = try TestStore()
        let copy = try await store.reader(of: TestStore.key())
        await expectError(.timedOut) {
            _ = try await copy.update(options: UpdateOptions(waits: true, timeout: .milliseconds(1)))
        }
        let waiting = Task { try await copy.update(options: UpdateOptions(waits: true)) }
        try await until { copy.waitCount == 1 }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        #expect(copy.waitCount == 0)
    }

    @Test func `the last block comes along with the longer log where that is asked for`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        var policy = copy.replicationPolicy
        policy.upgradesEagerly = false
        try copy.setReplicationPolicy(policy)
        pair.link.settle()
        try await log.append(contentsOf: numberedBlocks(0..<9))
        pair.link.settle()
        #expect(copy.length == 0)
        #expect(try await pair.link.moving { try await copy.update(options: UpdateOptions(fetchesLastBlock: true)) })
        pair.link.settle()
        #expect(copy.length == 9)
        #expect(try copy.storedBlocks(of: 9) == [8])
    }
}

@Suite(.timeLimit(.minutes(5))) struct DownloadHandleTests {
    @Test func `a download says how far it is`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<50))
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        _ = try await pair.link.moving { try await copy.get(3) }
        pair.link.settle()
        pair.link.cut()
        let range = try copy.download(.blocks([3, 7, 20, 49], order: .random))
        #expect(range.progress?.stored == 1 && range.progress?.total == 4)
        let link = ManualLink(pair.writer, pair.reader, clock: pair.link.clock)
        try await link.moving { try await range.finished() }
        #expect(range.progress == nil)
        #expect(try copy.storedBlocks(of: 50) == [3, 7, 20, 49])

        let live = try copy.download(.live(order: .random))
        link.settle()
        #expect(live.progress?.stored == 50 && live.progress?.total == 50)
        live.cancel()
        #expect(live.progress == nil)
    }

    @Test func `a peer's statistics tell what was exchanged`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let copy = try await pair.reader.reader(of: log.key)
        try await pair.link.moving { try await copy.download(end: 5).finished() }
        let peer = try #require(copy.peers.first)
        let statistics = try #require(peer.statistics)
        #expect(statistics.counters.blocksDownloaded == 5 && statistics.status.length == 5)
        #expect(statistics.counters.bytesDownloaded == 5 * 7)
        #expect(statistics.counters.received[.data] >= 5)
        #expect(log.replicationCounters.blocksUploaded == 5)
        pair.link.cut()
        #expect(peer.statistics == nil)
        #expect(copy.replicationCounters.blocksDownloaded == 5)
    }
}
