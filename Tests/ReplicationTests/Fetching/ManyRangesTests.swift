import Replication
import TestSupport
import Testing

/// Many wants at a time, most of which wait for what nobody has.
@Suite struct ManyRangesTests {
    /// A peer without the first hundred of 150 blocks.
    private func network(seed: UInt64, limits: ReplicationLimits = ReplicationLimits()) throws -> Network {
        let world = try World(count: 150)
        var network = Network(
            [world.holder("late blocks") { $0 >= 100 }, world.reader(limits: limits), world.writer()], seed: seed)
        network.connect(0, 1)
        return network
    }

    @Test(arguments: [1, 4, 64, 1000])
    func rangesThatWaitKeepNoOtherFromBeingFetched(atOnce: Int) throws {
        var limits = ReplicationLimits()
        limits.rangesAtOnce = atOnce
        for seed in 1...3 as ClosedRange<UInt64> {
            var network = try network(seed: seed, limits: limits)
            var blocks = Array(0..<150 as Range<UInt64>)
            var generator = SeededGenerator(seed: seed)
            if seed > 2 { blocks.shuffle(using: &generator) }
            if seed == 2 { blocks.reverse() }
            let order: DownloadRange.Order = seed.isMultiple(of: 2) ? .linear : .random
            var tokens: [UInt64: WantToken] = [:]
            for block in blocks {
                tokens[block] = network.with(1) { $0.download(.blocks(block..<block + 1, order: order)) }
            }
            try network.run()
            for block in blocks {
                let outcome = tokens[block].flatMap { network.cores[1].outcomes[$0] }
                #expect(outcome == (block < 100 ? nil : .stored), "seed \(seed), block \(block), \(atOnce) at once")
            }
            network.connect(2, 1)
            try network.run()
            #expect(network.cores[1].log.contiguousLength == 150, "seed \(seed), \(atOnce) at once")
            network.expectSettled()
        }
    }

    @Test func rangesThatComeWhileOthersWaitAreFetched() throws {
        var network = try network(seed: 1)
        for _ in 0..<200 { _ = network.with(1) { $0.download(.blocks(0..<50)) } }
        try network.run()
        for block in [149, 100, 120] as [UInt64] {
            let token = network.with(1) { $0.download(.blocks(block..<block + 1)) }
            try network.run()
            #expect(network.cores[1].outcomes[token] == .stored, "block \(block)")
        }
    }

    @Test func rangesThatAreStoredByOtherMeansEnd() throws {
        let world = try World(count: 10)
        var writer = world.writer()
        let tokens = (0..<150 as Range<UInt64>).map { writer.download(.blocks($0..<$0 + 1)) }
        try writer.append((10..<150).map { [UInt8($0)] }, signedBy: world.keyPair)
        #expect(tokens.allSatisfy { writer.outcomes[$0] == .stored })
    }

    @Test func takingBackRangesLeavesTheOthers() throws {
        var network = try network(seed: 2)
        let tokens = (0..<150 as Range<UInt64>).map { block in
            network.with(1) { $0.download(.blocks(block..<block + 1)) }
        }
        for step in 0..<20 {
            try network.run(events: 1)
            let token = tokens[5 * step]
            network.with(1) { core in core.turn { replicator, _, effects in replicator.cancel(token, into: &effects) } }
        }
        try network.run()
        #expect(tokens[100...].allSatisfy { network.cores[1].outcomes[$0] == .stored })
        network.expectSettled()
    }

    @Test func aSeekAndAGetDoNotWaitForRanges() throws {
        var network = try network(seed: 3)
        try network.run()
        for block in 0..<300 as Range<UInt64> {
            let first = block % 50
            _ = network.with(1) { $0.download(.blocks(first..<first + 1)) }
        }
        let (seek, second, get) = network.with(1) { core in
            core.turn { replicator, log, effects in
                (
                    replicator.seek(toByte: 2000, into: &effects), replicator.seek(toByte: 2500, into: &effects),
                    replicator.get(130, log: log, into: &effects)
                )
            }
        }
        // One that is taken back takes no other with it.
        network.with(1) { core in core.turn { replicator, _, effects in replicator.cancel(seek, into: &effects) } }
        let start = network.time
        let isAnswered = try network.run(until: start + 1000) {
            $0.cores[1].outcomes[second] != nil && $0.cores[1].outcomes[get] != nil
        }
        #expect(isAnswered && network.cores[1].outcomes[seek] == nil)
        #expect(network.cores[1].log.length == 150)
    }

    /// A peer that has every second block: one range is fetched through all of its gaps.
    @Test(arguments: [DownloadRange.Order.linear, .random])
    func aRangeIsFetchedThroughGaps(order: DownloadRange.Order) throws {
        let world = try World(count: 1500)
        var network = Network([world.holder("every second") { $0 % 2 == 1 }, world.reader()], seed: 4)
        network.connect(0, 1)
        let token = network.with(1) { $0.download(.blocks(0..<1500, order: order)) }
        try network.run()
        #expect(network.cores[1].log.blocks.count == 750 && network.cores[1].outcomes[token] == nil)
        #expect(network.delivered[.want] == 1)
        world.expectPart(network.cores[1].log, "gaps")
    }
}
