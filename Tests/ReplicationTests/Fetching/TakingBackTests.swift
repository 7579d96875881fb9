import TestSupport
import Testing

@testable import Replication

/// Gets that are given up while their answers are on the way, and peers that leave before they answer.
@Suite struct TakingBackTests {
    private func cancel(_ tokens: [WantToken], _ core: Int, _ network: inout Network) {
        network.with(core) { core in
            core.turn { replicator, _, effects in
                for token in tokens { replicator.cancel(token, into: &effects) }
            }
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func askingForTheSameOverAndOverComesToAnEnd(seed: UInt64) throws {
        let world = try World(count: 500)
        var network = Network([world.writer(), world.reader()], seed: seed)
        network.latency = 50
        network.connect(0, 1)
        try network.run()
        var missing = Set(0..<40 as Range<UInt64>)
        var rounds = 0
        while !missing.isEmpty, rounds < 200 {
            rounds += 1
            let tokens = missing.sorted().map { block in (block, network.with(1) { $0.get(block) }) }
            // Until one of them has come.
            _ = try network.run(until: network.time + 10_000) { network in
                tokens.contains { network.cores[1].outcomes[$0.1] != nil }
            }
            for (block, token) in tokens where network.cores[1].outcomes[token] != nil { missing.remove(block) }
            cancel(tokens.map(\.1), 1, &network)
        }
        try network.run()
        #expect(network.cores[1].log.blocks.count == 40, "seed \(seed): after \(rounds) rounds")
        #expect(network.cores[1].statistics.blocksDownloaded == 40, "seed \(seed)")
        network.expectSettled()
    }

    @Test func givingUpABlockPastTheEndDoesNotLoseTheLongerLog() throws {
        let world = try World(count: 4)
        for events in 0..<30 {
            var network = Network([world.writer(), world.reader()], seed: UInt64(events))
            network.connect(0, 1)
            try network.run()
            let token = network.with(1) { $0.get(4) }
            try network.with(0) { try $0.append([[4], [5]], signedBy: world.keyPair) }
            try network.run(events: events)
            cancel([token], 1, &network)
            try network.run()
            #expect(network.cores[1].log.head == network.cores[0].log.head, "after \(events) events")
            network.expectSettled()
        }
    }

    @Test func whatAPeerThatLeavesWasAskedIsAskedOfAnotherAtOnce() throws {
        let world = try World(count: 40)
        for seed in 1...6 as ClosedRange<UInt64> {
            var network = Network([world.writer("first"), world.writer("second"), world.reader()], seed: seed)
            let links = [network.connect(0, 2), network.connect(1, 2)]
            try network.run()
            for peer in 0...1 { network.cores[peer].isStalled = true }
            let tokens = network.with(2) { core in
                [core.get(7), core.download(.blocks(20..<40))]
            }
            try network.run(until: network.time + 100)
            // Whoever was asked for the block goes, without a word.
            let asked = network.cores[0].replicator.peers.all[0].uploads.count > 0 ? 0 : 1
            network.disconnect(links[asked])
            let start = network.time
            network.with(1 - asked) { $0.resume() }
            let isDone = try network.run(until: start + 1000) { network in
                tokens.allSatisfy { network.cores[2].outcomes[$0] != nil }
            }
            #expect(isDone, "seed \(seed)")
            world.expectPart(network.cores[2].log, "seed \(seed)")
        }
    }
}
