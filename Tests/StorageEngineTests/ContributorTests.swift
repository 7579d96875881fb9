import StorageEngine
import Synchronization
import Testing

/// What gathers elsewhere and is queued when the writer asks for it.
@Suite(.timeLimit(.minutes(5))) struct ContributorTests {
    /// Queues one set for all that has gathered.
    private final class Gathering: WriteContributor {
        private let writer: GroupWriter
        private let gathered = Mutex<[String]>([])
        let tickets = Mutex<[CommitTicket]>([])
        let askedCount = Atomic(0)

        init(_ writer: GroupWriter) { self.writer = writer }

        func gather(_ key: String) { gathered.withLock { $0.append(key) } }

        func contribute() {
            askedCount.add(1, ordering: .relaxed)
            var set = WriteSet()
            for key in gathered.withLock({ $0 }) { set.put(key) }
            gathered.withLock { $0 = [] }
            guard !set.isEmpty else { return }
            let ticket = writer.enqueue(set)
            tickets.withLock { $0.append(ticket) }
        }
    }

    @Test func `what has gathered when the writer begins with a group is part of it`() async throws {
        let engine = WatchedEngine()
        let writer = GroupWriter(engine, durability: .full)
        let gathering = Gathering(writer)
        engine.holdNextWrite()
        let first = writer.enqueue(WriteSet(putting: "first"))
        writer.drive()
        await engine.waitUntilHeld()
        writer.ask(gathering)
        let beside = writer.enqueue(WriteSet(putting: "beside"))
        for key in ["a", "b", "c"] { gathering.gather(key) }
        engine.resume()
        #expect(try await writer.commit(first).transaction == 1)
        #expect(try await writer.commit(beside).transaction == 2)
        let gathered = try #require(gathering.tickets.withLock { $0.first })
        #expect(try await writer.commit(gathered).transaction == 2)
        #expect(writer.statistics.sets == 3 && writer.statistics.syncs == 2)
        #expect(gathering.askedCount.load(ordering: .relaxed) == 1)
        await writer.close()
    }

    @Test(arguments: Durability.allCases)
    func `who has nothing to write is asked all the same, and nothing is committed`(
        _ durability: Durability
    ) async throws {
        let writer = GroupWriter(WatchedEngine(), durability: durability)
        let gathering = Gathering(writer)
        writer.ask(gathering)
        try await writer.flush()
        #expect(gathering.askedCount.load(ordering: .relaxed) == 1 && writer.statistics.transactions == 0)
        gathering.gather("a")
        writer.ask(gathering)
        try await writer.flush()
        #expect(writer.statistics.transactions == 1)
        await writer.close()
    }

    @Test func `nobody is asked while the queue is held`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .relaxed)
        let gathering = Gathering(writer)
        try await writer.hold { () throws(StorageError) in }
        gathering.gather("a")
        writer.ask(gathering)
        writer.drive()
        #expect(gathering.askedCount.load(ordering: .relaxed) == 0)
        try await writer.release { () throws(StorageError) in }
        try await writer.flush()
        #expect(writer.statistics.transactions == 1)
        await writer.close()
    }

    @Test func `what is contributed to a writer that was closed is refused`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .full)
        let gathering = Gathering(writer)
        gathering.gather("a")
        writer.ask(gathering)
        await writer.close()
        let ticket = try #require(gathering.tickets.withLock { $0.first })
        await expectThrows(.closed) { _ = try await writer.commit(ticket) }
    }
}
