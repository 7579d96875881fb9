import MerkleTree
import Replication
import TestSupport
import Testing

/// A block that a slow peer keeps waiting is asked of others too.
@Suite struct HotSwapTests {
    /// A slow peer that has all, and fast ones that get to know of it when the slow one is busy already.
    private func network(fast: Int, world: World) throws -> Network {
        let others = (0..<fast).map { world.writer("fast \($0)") }
        var network = Network([world.reader(), world.writer("slow")] + others, seed: 1)
        network.latency = 5
        network.connect(0, 1)
        for other in 0..<fast { network.connect(0, 2 + other) }
        try network.run(until: 100)
        return network
    }

    @Test func blocksOfASlowPeerAreTakenOverAndTheirRequestsCancelled() throws {
        let world = try World(count: 40)
        var network = try network(fast: 0, world: world)
        network.cores[1].isStalled = true
        let token = network.with(0) { $0.download(.blocks(0..<40)) }
        network.cores.append(world.writer("fast"))
        network.connect(0, 2)
        let isDone = try network.run(until: 3000) { $0.cores[0].outcomes[token] != nil }
        #expect(isDone, "long before the slow peer's time is over")
        let slow = try #require(network.cores[0].statistics(ofPeer: 0))
        let fast = try #require(network.cores[0].statistics(ofPeer: 1))
        #expect(fast.counters.hotSwaps == 40)
        #expect(slow.counters.hotSwaps == 0)
        #expect(slow.counters.sent[.cancel] == fast.counters.hotSwaps, "each is taken back from the slow peer")
        #expect(network.cores[0].statistics.blocksDownloaded == 40, "and none came twice")
        world.expectWhole(network.cores[0].log, "taken over")
    }

    @Test func aBlockIsAskedOfNoMoreThanThreePeersAtATime() throws {
        let world = try World(count: 10)
        var network = try network(fast: 4, world: world)
        for core in 1...5 { network.cores[core].isStalled = true }
        _ = network.with(0) { $0.get(7) }
        try network.run(until: 4000)
        #expect(network.cores[0].statistics.hotSwaps == 2)
        let underWay = (0..<5).compactMap { network.cores[0].statistics(ofPeer: $0)?.status.requestCount }
        #expect(underWay.reduce(0, +) == 3)
    }

    @Test func aBlockThatIsAnsweredInTimeIsNotAskedTwice() throws {
        let world = try World(count: 500)
        var network = try network(fast: 2, world: world)
        let token = network.with(0) { $0.download(.blocks(0..<500)) }
        try network.run()
        #expect(network.cores[0].outcomes[token] == .stored)
        #expect(network.cores[0].statistics.hotSwaps == 0)
        #expect(network.cores[0].statistics.blocksDownloaded == 500)
    }

    @Test func aPeerWithoutTheBlockIsNotAsked() throws {
        let world = try World(count: 100)
        let partial = world.holder("partial") { $0 < 50 }
        var network = Network([world.reader(), world.writer("slow"), partial], seed: 1)
        network.latency = 5
        network.connect(0, 1)
        network.connect(0, 2)
        try network.run(until: 100)
        network.cores[1].isStalled = true
        _ = network.with(0) { $0.download(.blocks(0..<100)) }
        try network.run(until: 2000)
        #expect(network.cores[0].log.contiguousLength == 50)
        #expect(network.cores[0].statistics.backOffs == 0, "nobody was asked for what it does not have")
    }
}
