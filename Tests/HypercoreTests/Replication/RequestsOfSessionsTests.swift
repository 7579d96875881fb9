import Replication
import Testing

@testable import Hypercore

/// What is asked of a peer on behalf of sessions that come and go.
@Suite(.timeLimit(.minutes(5))) struct RequestsOfSessionsTests {
    /// A log of ten blocks, a copy that knows of it, and a writer whose answers wait.
    private func pausedPair() async throws -> (pair: ClockedPair, log: Hypercore, copy: Hypercore) {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        #expect(copy.length == 10)
        pair.link.firstIsWritable = false
        return (pair, log, copy)
    }

    @Test func `a session that closes takes back what was asked for it alone`() async throws {
        let (pair, log, copy) = try await pausedPair()
        let (first, second) = (
            try await pair.reader.reader(of: log.key), try await pair.reader.reader(of: log.key)
        )
        let waits = (
            Task { try await first.get(0) }, Task { try await first.get(1) }, Task { try await second.get(1) }
        )
        try await until { copy.waitCount == 3 }
        pair.link.settle()
        #expect(log.replicationCounters.received[.request] == 3, "the longer log, and each block once")
        await first.close()
        await expectError(.closed) { _ = try await waits.0.value }
        await expectError(.closed) { _ = try await waits.1.value }
        pair.link.settle()
        #expect(log.replicationCounters.received[.cancel] == 1 && copy.replicationCounters.sent[.cancel] == 1)
        pair.link.firstIsWritable = true
        #expect(try await pair.link.moving { try await waits.2.value } == numberedBlocks(1..<2)[0])
        #expect(log.replicationCounters.blocksUploaded == 1)
        #expect(try await pair.link.moving { try await second.get(0) } == numberedBlocks(0..<1)[0])
    }

    @Test func `a peer that does not answer in time is told of, and what it was asked is asked again`() async throws {
        let (pair, log, copy) = try await pausedPair()
        let events = copy.events
        let download = try copy.download(end: 10)
        pair.link.advance(by: .seconds(120))
        pair.link.firstIsWritable = true
        try await pair.link.moving { try await download.finished() }
        pair.link.advance(by: .seconds(120))
        #expect(copy.contiguousLength == 10)
        #expect(copy.peers.first?.statistics?.counters.timeouts ?? 0 > 0)
        let key = try #require(copy.peers.first?.publicKey)
        await copy.close()
        var isTold = false
        for await event in events where event == .peerTimedOut(key) { isTold = true }
        #expect(isTold && log.replicationCounters.invalidRequests == 0)
    }

    @Test func `a block that is urgent comes before what was asked for earlier`() async throws {
        let (pair, log, copy) = try await pausedPair()
        let events = log.events
        let download = try copy.download(.blocks(0..<9, order: .linear))
        pair.link.settle()
        let urgent = Task { try await copy.get(9, options: GetOptions(isUrgent: true)) }
        try await until { copy.waitCount == 2 }
        pair.link.settle()
        pair.link.firstIsWritable = true
        try await pair.link.moving { try await download.finished() }
        #expect(try await urgent.value == numberedBlocks(9..<10)[0])
        await log.close()
        var blocks: [UInt64] = []
        for await event in events {
            if case .uploaded(let index, _) = event { blocks.append(index) }
        }
        #expect(blocks == [9] + Array(0..<9))
    }
}
