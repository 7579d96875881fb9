import MerkleTree
import Replication
import TestSupport
import Testing

/// A reader that knows only the key, and peers that have the log or parts of it.
@Suite struct DownloadTests {
    @Test(arguments: [1, 2, 3, 5, 8, 33, 300])
    func aReaderThatKnowsOnlyTheKeyGetsTheWholeLog(count: Int) throws {
        let world = try World(count: count)
        for order in [DownloadRange.Order.linear, .random] {
            var network = Network([world.writer(), world.reader()], seed: UInt64(count))
            network.connect(0, 1)
            let token = network.with(1) { $0.download(.blocks(0..<UInt64(count), order: order)) }
            try network.run()
            world.expectWhole(network.cores[1].log, "\(count) blocks, \(order)")
            #expect(network.cores[1].outcomes[token] == .stored)
            network.expectSettled()
        }
    }

    @Test func aSparseReaderHoldsTheBlocksThatItAskedForAndNoOthers() throws {
        let world = try World(count: 100)
        var network = Network([world.writer(), world.reader()], seed: 5)
        network.connect(0, 1)
        try network.run()
        #expect(network.cores[1].log.blocks.isEmpty, "nothing is fetched that nobody wants")
        #expect(network.cores[1].log.head == world.truth.head, "but the length is")

        let wanted: [UInt64] = [0, 7, 63, 64, 99, 42]
        let tokens = wanted.map { block in network.with(1) { $0.get(block) } }
        try network.run()
        for (block, token) in zip(wanted, tokens) {
            #expect(network.cores[1].outcomes[token] == world.truth.blocks[block].map { .block($0[...]) })
        }
        #expect(network.cores[1].log.blocks.keys.sorted() == wanted.sorted())
        world.expectPart(network.cores[1].log, "sparse")
        network.expectSettled()
    }

    @Test func aListIsFetchedAndThenEnds() throws {
        let world = try World(count: 50)
        let wanted: [UInt64] = [49, 3, 3, 20, 0]
        for order in [DownloadRange.Order.linear, .random] {
            var network = Network([world.writer(), world.reader()], seed: 9)
            let token = network.with(1) { $0.download(.blocks(wanted, order: order)) }
            network.connect(0, 1)
            try network.run()
            #expect(network.cores[1].outcomes[token] == .stored)
            #expect(network.cores[1].log.blocks.keys.sorted() == [0, 3, 20, 49])
        }
    }

    @Test func aBlockPastTheEndIsFetchedOnceItIsAppended() throws {
        var world = try World(count: 3)
        var network = Network([world.writer(), world.reader()], seed: 6)
        network.connect(0, 1)
        let token = network.with(1) { $0.get(4) }
        try network.run()
        #expect(network.cores[1].outcomes[token] == nil)
        for value in ["fourth", "fifth"] {
            try world.truth.append([Array(value.utf8)], signedBy: world.keyPair)
            try network.with(0) { try $0.append([Array(value.utf8)], signedBy: world.keyPair) }
            try network.run()
        }
        #expect(network.cores[1].outcomes[token] == .block(Array("fifth".utf8)[...]))
        network.expectSettled()
    }

    @Test func aLiveRangeFollowsTheWriter() throws {
        var world = try World(count: 10)
        var network = Network([world.writer(), world.reader(), world.reader("second")], seed: 7)
        network.connect(0, 1)
        network.connect(1, 2)  // the second reader never meets the writer
        let tokens = [1, 2].map { reader in network.with(reader) { $0.download(.live()) } }
        for round in 0..<20 {
            let values = (0...round % 4).map { [UInt8](repeating: UInt8(round), count: $0 * 10) }
            try world.truth.append(values, signedBy: world.keyPair)
            try network.with(0) { try $0.append(values, signedBy: world.keyPair) }
            try network.run(events: round)
        }
        try network.run()
        for reader in [1, 2] {
            world.expectWhole(network.cores[reader].log, "reader \(reader)")
            #expect(network.cores[reader].outcomes[tokens[reader - 1]] == nil, "a live range never ends")
        }
        network.expectSettled()
    }

    @Test func tenThousandBlocksArriveEachOnce() throws {
        let world = try World(count: 10_000)
        var network = Network([world.writer(), world.reader()], seed: 8)
        network.connect(0, 1)
        _ = network.with(1) { $0.download(.blocks(0..<10_000, order: .linear)) }
        try network.run()
        world.expectWhole(network.cores[1].log, "10,000")
        // One for each block, one for the upgrade.
        #expect(network.delivered[.data] == 10_001)
        network.expectSettled()
    }

    @Test func aDownloadGoesOnWhereItWasCutOff() throws {
        let world = try World(count: 400)
        var limits = ReplicationLimits()
        limits.requestsToPeer = 48
        var network = Network([world.writer(), world.reader(limits: limits)], seed: 11)
        let token = network.with(1) { $0.download(.blocks(0..<400)) }
        for _ in 0..<5 {
            let link = network.connect(0, 1)
            try network.run(events: 7)
            network.disconnect(link)
            #expect(network.cores[1].outcomes[token] == nil)
        }
        let before = network.cores[1].log.blocks.count
        #expect(before > 0)
        network.connect(0, 1)
        try network.run()
        world.expectWhole(network.cores[1].log, "resumed")
        #expect(network.cores[1].outcomes[token] == .stored)
        network.expectSettled()
    }

    @Test func peersWithPartsGiveTheWholeTogether() throws {
        let world = try World(count: 600)
        let parts: [(String, (UInt64) -> Bool)] = [
            ("thirds", { $0 % 3 == 0 }), ("others", { $0 % 3 == 1 }), ("the rest", { $0 % 3 == 2 }),
            ("the end", { $0 >= 500 }),
        ]
        let holders = parts.map { world.holder($0.0, of: $0.1) }
        var network = Network(holders + [world.reader()], seed: 12)
        for holder in holders.indices { network.connect(holder, 4) }
        let token = network.with(4) { $0.download(.blocks(0..<600)) }
        try network.run()
        world.expectWhole(network.cores[4].log, "parts")
        #expect(network.cores[4].outcomes[token] == .stored)
        #expect((network.delivered[.want] ?? 0) <= 8, "one window each, each way at most")
        network.expectSettled()
    }

    @Test func severalPeersShareTheWork() throws {
        let world = try World(count: 1000)
        var network = Network([world.writer("a"), world.writer("b"), world.writer("c"), world.reader()], seed: 13)
        for peer in 0..<3 { network.connect(peer, 3) }
        _ = network.with(3) { $0.download(.blocks(0..<1000)) }
        try network.run()
        world.expectWhole(network.cores[3].log, "three peers")
        let uploads = network.cores[0..<3].map(\.uploadCount)
        #expect(uploads.reduce(0, +) == 1000, "no block is fetched twice: \(uploads)")
        #expect(uploads.allSatisfy { $0 > 150 }, "each does its part: \(uploads)")
    }

    @Test func commitsThatFailAreMadeAgain() throws {
        let world = try World(count: 200)
        for seed in 1...5 as ClosedRange<UInt64> {
            var network = Network([world.writer(), world.reader(seed: seed)], seed: seed)
            network.failingCommits = 40
            network.connect(0, 1)
            let token = network.with(1) { $0.download(.blocks(0..<200)) }
            let gets = [5, 150].map { block in network.with(1) { $0.get(block) } }
            try network.run()
            world.expectWhole(network.cores[1].log, "seed \(seed)")
            #expect(network.cores[1].outcomes[token] == .stored)
            #expect(gets.allSatisfy { network.cores[1].outcomes[$0] != nil })
            network.expectSettled()
        }
    }

    @Test func whatIsNotCommittedIsNotAnnounced() throws {
        let world = try World(count: 20)
        var network = Network([world.writer(), world.reader()], seed: 14)
        network.connect(0, 1)
        try network.run()
        network.failingCommits = 100
        let token = network.with(1) { $0.get(3) }
        let ranges = network.delivered[.range] ?? 0
        try network.run()
        #expect(network.cores[1].outcomes[token] == world.truth.blocks[3].map { .block($0[...]) })
        #expect(network.cores[1].log.blocks.isEmpty)
        #expect(network.delivered[.range] ?? 0 == ranges)
    }

    @Test func aClearedBlockIsFetchedBackByItsWriter() throws {
        let world = try World(count: 30)
        var reader = world.reader()
        reader.log = world.truth
        var network = Network([world.writer(), reader], seed: 15)
        network.connect(0, 1)
        try network.run()
        network.with(0) { $0.clear(10..<20) }
        try network.run()
        let token = network.with(0) { $0.download(.blocks(0..<30)) }
        try network.run()
        world.expectWhole(network.cores[0].log, "the writer's own")
        #expect(network.cores[0].outcomes[token] == .stored)
        network.expectSettled()
    }
}
