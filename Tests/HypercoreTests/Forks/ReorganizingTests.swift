import HypercoreStorage
import Testing

@testable import Hypercore

/// Following a peer to a higher fork, through the whole of the stack.
@Suite(.timeLimit(.minutes(5))) struct ReorganizingTests {
    /// A log of ten blocks and a whole copy of it.
    private func copied() async throws -> (pair: ClockedPair, log: Hypercore, copy: Hypercore) {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        try await pair.link.moving { try await copy.download(end: 10).finished() }
        return (pair, log, copy)
    }

    @Test func `a copy follows a truncation, and keeps what the histories share`() async throws {
        let (pair, log, copy) = try await copied()
        try await log.truncate(to: 4)
        pair.link.settle()
        #expect(copy.length == 4 && copy.fork == 1 && copy.contiguousLength == 4)
        #expect(try copy.treeHash() == log.treeHash())
        #expect(try copy.storedBlocks(of: 10) == [0, 1, 2, 3])

        // What is appended then is of the new history.
        try await log.append(contentsOf: [[1], [2]])
        pair.link.settle()
        #expect(try await pair.link.moving { try await copy.get(4) } == [1])
        #expect(copy.length == 6)
    }

    @Test func `a copy that was away takes the new history over at once, however long it is`() async throws {
        for (cut, grown) in [(0, 3), (4, 0), (4, 2), (4, 30), (9, 1), (10, 5)] as [(UInt64, Int)] {
            let (pair, log, copy) = try await copied()
            pair.link.cut()
            try await log.truncate(to: cut)
            try await log.append(contentsOf: numberedBlocks(100..<100 + grown))
            let events = copy.events
            let link = ManualLink(pair.writer, pair.reader, clock: pair.link.clock)
            link.settle()
            let length = cut + UInt64(grown)
            #expect(copy.length == length && copy.fork == 1, "cut to \(cut), grown by \(grown)")
            #expect(try copy.treeHash() == log.treeHash())
            #expect(copy.contiguousLength >= min(cut, copy.length))
            if length > 0 {
                try await link.moving { try await copy.download(end: length).finished() }
                for index in 0..<length { #expect(try copy.read(index) == log.read(index)) }
            }

            var heard: [CoreEvent] = []
            for await event in events {
                heard.append(event)
                if case .truncated = event { break }
            }
            #expect(heard.contains(.truncated(length: cut, fork: 1)), "\(heard)")

            // It is all on disk.
            let reopened = try await pair.reader.reopened()
            let again = try await reopened.reader(of: log.key)
            #expect(again.length == length && again.fork == 1)
            #expect(try again.treeHash() == log.treeHash())
            for index in 0..<length { #expect(try again.read(index) == log.read(index)) }
        }
    }

    @Test func `a snapshot stays as it is, and what it reads is swept when it closes`() async throws {
        let (pair, log, copy) = try await copied()
        let snapshot = try copy.snapshot()
        try await log.truncate(to: 2)
        try await log.append([7])
        pair.link.settle()
        #expect(copy.length == 3 && snapshot.length == 10 && snapshot.fork == 0)
        for index in 0..<10 { #expect(try snapshot.read(UInt64(index)) == numberedBlocks(index..<index + 1)[0]) }
        #expect(try pair.reader.garbageCount() > 0)
        await snapshot.close()
        pair.reader.registry.sweep()
        await pair.reader.registry.finishSweeping()
        #expect(try pair.reader.garbageCount() == 0)
        #expect(try pair.reader.recordCount(of: "blocks") == 2)
    }

    @Test func `a wait for a block goes on through it, and gets the block of the new history`() async throws {
        let (pair, log, copy) = try await copied()
        let waiting = Task { try await copy.get(10) }
        try await until { copy.waitCount == 1 }
        try await log.truncate(to: 5)
        pair.link.settle()
        #expect(copy.length == 5)
        try await log.append(contentsOf: numberedBlocks(200..<206))
        #expect(try await pair.link.moving { try await waiting.value } == numberedBlocks(205..<206)[0])
    }

    @Test func `a block that was cut off and came again is another one, and is asked for anew`() async throws {
        let (pair, log, copy) = try await copied()
        try await log.truncate(to: 9)
        try await log.append([42])
        pair.link.settle()
        #expect(copy.length == 10)
        #expect(try copy.read(9) == nil && !copy.has(9))
        #expect(try await pair.link.moving { try await copy.get(9) } == [42])
    }

    @Test func `marks end where the histories part`() async throws {
        let (pair, log, copy) = try await copied()
        try await copy.startMarking()
        for index in [0, 1, 8] as [UInt64] { _ = try copy.read(index) }
        try await log.truncate(to: 5)
        try await log.append(contentsOf: numberedBlocks(0..<5))
        pair.link.settle()
        try await pair.link.moving { try await copy.download(end: 10).finished() }
        // What has come since the marking began is kept, as after any truncation; of what was there, what is marked.
        _ = try await copy.sweepUnmarked()
        #expect(try copy.storedBlocks(of: 10) == [0, 1, 5, 6, 7, 8, 9])
    }

    @Test func `a fork is not followed where the policy says so, and an event tells of it`() async throws {
        let (pair, log, copy) = try await copied()
        var policy = copy.replicationPolicy
        policy.followsForks = false
        try copy.setReplicationPolicy(policy)
        let events = copy.events
        try await log.truncate(to: 4)
        pair.link.settle()
        #expect(copy.length == 10 && copy.fork == 0)
        for await event in events {
            guard case .forkIgnored(let fork, _) = event else { continue }
            #expect(fork == 1)
            break
        }

        // Until it is.
        policy.followsForks = true
        try copy.setReplicationPolicy(policy)
        pair.link.settle()
        #expect(copy.length == 4 && copy.fork == 1)
    }

    @Test func `a log that signs for itself stops appending when its history is replaced from elsewhere`() async throws
    {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<6))
        // The same key in another store, which is what must not be.
        let twin = try await pair.reader.writable()
        pair.link.settle()
        try await pair.link.moving { try await twin.download(end: 6).finished() }
        pair.link.cut()
        try await twin.trustHistory()
        try await twin.truncate(to: 2)
        let link = ManualLink(pair.writer, pair.reader, clock: pair.link.clock)
        link.settle()
        #expect(log.length == 2 && log.fork == 1)
        #expect(log.appendingStop == .overtaken)
        await expectError(.appendingStopped) { try await log.append([1]) }
    }

    @Test func `a reorganization that is interrupted changes nothing, and is made later`() async throws {
        let (pair, log, copy) = try await copied()
        pair.link.cut()
        try await log.truncate(to: 4)
        try await log.append([9])
        let records = try pair.reader.allRecords()
        let link = ManualLink(pair.writer, pair.reader, clock: pair.link.clock, limit: 2000)
        link.settle()
        // Cut off in the middle, or through: never anything in between.
        #expect(try copy.fork == 1 || pair.reader.allRecords() == records)
        let again = ManualLink(pair.writer, pair.reader, clock: pair.link.clock)
        again.settle()
        #expect(copy.length == 5 && copy.fork == 1)
    }
}
