import Replication
import TestSupport
import Testing

/// How much of a link a download fills, on a network in which only bytes and distance cost time.
@Suite struct ThroughputTests {
    /// Bytes that a block of 1,000 takes on the line, with its frame and what of its path comes along.
    private static let blockOnLine = 1080.0

    /// How long a reader takes for `count` blocks of 1,000 bytes, in milliseconds.
    private func timeToFetch(_ count: Int, over line: Network.Line) throws -> Double {
        let world = try World(blocks: (0..<count).map { [UInt8](repeating: UInt8($0 & 255), count: 1000) })
        var network = Network([world.writer(), world.reader()], seed: 1)
        network.latency = 1
        network.connect(0, 1, line: line)
        let token = network.with(1) { $0.download(.blocks(0..<UInt64(count), order: .linear)) }
        let isDone = try network.run(until: 1_000_000) { $0.cores[1].outcomes[token] != nil }
        #expect(isDone)
        return Double(network.time)
    }

    @Test func aLinkOf200MillisecondsIsFilled() throws {
        // A block in two milliseconds: a hundred of them are on their way at a time, twice of what is asked at first.
        let rate = 500.0
        let time = try timeToFetch(2000, over: Network.Line(delay: 100...100, bytesPerMillisecond: rate))
        let best = 2000 * Self.blockOnLine / rate
        #expect(time < best / 0.75, "\(time) ms, and the link could do it in \(best)")
    }

    @Test func aLinkOf1MillisecondIsFilled() throws {
        let rate = 20_000.0
        let time = try timeToFetch(2000, over: Network.Line(delay: 0...1, bytesPerMillisecond: rate))
        let best = 2000 * Self.blockOnLine / rate
        #expect(time < best / 0.75, "\(time) ms, and the link could do it in \(best)")
    }

    @Test func aSlowLinkIsNotBuriedUnderRequests() throws {
        let world = try World(blocks: (0..<1500).map { [UInt8](repeating: UInt8($0 & 255), count: 1000) })
        var network = Network([world.writer(), world.reader()], seed: 1)
        network.connect(0, 1, line: Network.Line(delay: 20...20, bytesPerMillisecond: 250))
        _ = network.with(1) { $0.download(.blocks(0..<1500, order: .linear)) }
        try network.run(until: 4000)
        // A round trip of 40 ms carries 10 blocks.
        let statistics = try #require(network.cores[1].statistics(ofPeer: 0))
        #expect(statistics.window >= 10 && statistics.window <= 24, "\(statistics.window)")
        #expect(statistics.status.requestCount <= 24)
        try network.run(until: 20_000)
        world.expectWhole(network.cores[1].log, "slow")
    }

    @Test func theFasterPeerIsAskedForMore() throws {
        let world = try World(blocks: (0..<1500).map { [UInt8](repeating: UInt8($0 & 255), count: 1000) })
        var network = Network([world.writer("fast"), world.writer("slow"), world.reader()], seed: 1)
        network.connect(0, 2, line: Network.Line(delay: 10...10, bytesPerMillisecond: 4000))
        network.connect(1, 2, line: Network.Line(delay: 10...10, bytesPerMillisecond: 500))
        let token = network.with(2) { $0.download(.blocks(0..<1500)) }
        let isDone = try network.run(until: 100_000) { $0.cores[2].outcomes[token] != nil }
        #expect(isDone)
        let uploads = network.cores[0..<2].map(\.uploadCount)
        #expect(uploads[0] > 4 * uploads[1], "\(uploads)")
        #expect(Double(network.time) < 1500 * Self.blockOnLine / 4500 / 0.7, "\(network.time) ms")
    }

    @Test(arguments: [1, 10, 200] as [UInt64])
    func theBytesUnderWayAreBounded(delay: UInt64) throws {
        let world = try World(blocks: (0..<400).map { [UInt8](repeating: UInt8($0 & 255), count: 10_000) })
        var limits = ReplicationLimits()
        limits.requestedBytes = 300_000
        var network = Network([world.writer(), world.reader(limits: limits)], seed: 1)
        network.connect(0, 1, line: Network.Line(delay: delay...delay))
        let token = network.with(1) { $0.download(.blocks(0..<400)) }
        var most = 0
        let isDone = try network.run(until: 1_000_000) { network in
            most = max(most, network.cores[1].statistics(ofPeer: 0)?.status.requestCount ?? 0)
            return network.cores[1].outcomes[token] != nil
        }
        #expect(isDone)
        #expect(most <= 31 && most >= 29, "\(most)")
    }
}
