import Replication
import TestSupport
import Testing

/// Peers that take very long to answer, and one that does not.
@Suite struct ManySlowPeersTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func oneFastPeerAmongManySlowOnesDecidesHowLongADownloadTakes(seed: UInt64) throws {
        let world = try World(count: 500)
        let slow = (0..<20).map { world.writer("slow \($0)") }
        var network = Network([world.reader(seed: seed), world.writer("fast")] + slow, seed: seed)
        network.latency = 5
        network.connect(1, 0)
        for peer in slow.indices { network.connect(peer + 2, 0, line: Network.Line(delay: 10_000...10_000)) }
        // They are known by now, and most of what is wanted is asked of them.
        try network.run(until: 60_000)
        let start = network.time
        let token = network.with(0) { $0.download(.blocks(0..<500)) }
        let isStored = try network.run(until: start + 9000) { $0.cores[0].outcomes[token] == .stored }
        #expect(isStored, "seed \(seed)")
        world.expectWhole(network.cores[0].log, "seed \(seed)")
        let fast = try #require(network.cores[0].statistics(ofPeer: 0)?.counters)
        #expect(fast.hotSwaps > 0 && fast.blocksDownloaded == 500, "seed \(seed): \(fast)")
        try network.run()
        network.expectSettled()
    }
}
