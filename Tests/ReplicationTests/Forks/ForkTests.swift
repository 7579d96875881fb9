import Manifest
import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// A log moves to a peer's higher fork, keeping what both histories share.
@Suite struct ForkTests {
    @Test func anEmptyReaderTakesOverAHigherFork() throws {
        var world = try World(count: 50)
        try world.truth.truncate(to: 20, signedBy: world.keyPair)
        try world.truth.append([[1], [2, 3]], signedBy: world.keyPair)
        var network = Network([world.writer(), world.reader()], seed: 21)
        let update = network.with(1) { $0.update() }
        network.connect(0, 1)
        let token = network.with(1) { $0.download(.blocks(0..<22)) }
        try network.run()
        world.expectWhole(network.cores[1].log, "fork 1")
        #expect(network.cores[1].log.head.tree.fork == 1)
        #expect(network.cores[1].reorganizations.isEmpty, "there was nothing to cut off")
        #expect(network.cores[1].outcomes[token] == .stored)
        #expect(network.cores[1].outcomes[update] != nil)
        network.expectSettled()
    }

    /// All pairs of small histories, with every number of blocks in common, and forks from 0 to 3: of up to 5 blocks, or of as
    /// many as `COREST_SEEDS` says.
    @Test(arguments: [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] as [(UInt64, UInt64)])
    func everyPairOfSmallHistoriesIsMerged(own: UInt64, other: UInt64) throws {
        let lengths = 1...UInt64(Seeds.upTo(5).upperBound)
        for ownLength in lengths {
            for length in lengths {
                for common in 0...min(ownLength, length) {
                    var histories = try Histories(length: ownLength, fork: own)
                    try histories.add(fork: other, keeping: common, of: own, length: length)
                    let name: Comment = "\(ownLength) of fork \(own), \(length) of fork \(other), \(common) in common"
                    var network = Network(
                        [try histories.core("other", fork: other), try histories.core("own", fork: own)],
                        seed: ownLength * 100 + length * 10 + common)
                    network.connect(0, 1)
                    try network.run()
                    let reader = network.cores[1]
                    histories.expectHead(reader.log, fork: other, name)
                    #expect(reader.log.contiguousLength == common, name)
                    #expect(reader.reorganizations.map(\.ancestorLength) == [common], name)
                    #expect(network.cores[0].reorganizations.isEmpty, name)
                    network.expectSettled()
                }
            }
        }
    }

    @Test func theLowerSideDownloadsTheRest() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let ownLength = UInt64.random(in: 1...300, using: &generator)
            let common = UInt64.random(in: 0...ownLength, using: &generator)
            let length = max(common + UInt64.random(in: 0...100, using: &generator), 1)
            var histories = try Histories(length: ownLength)
            try histories.add(fork: 4, keeping: common, length: length)
            var network = Network(
                [try histories.core("own", fork: 0), try histories.core("other", fork: 4)], seed: seed)
            let live = network.with(0) { $0.download(.live()) }
            network.connect(0, 1)
            try network.run()
            histories.expectWhole(network.cores[0].log, fork: 4, "seed \(seed)")
            #expect(network.cores[0].outcomes[live] == nil)
            #expect(network.cores[0].reorganizations.map(\.ancestorLength) == [common], "seed \(seed)")
            // What both share is not sent again.
            #expect(network.cores[1].uploadCount == Int(length - common), "seed \(seed)")
        }
    }

    @Test func aSparseReaderKeepsOnlyWhatIsCommon() throws {
        for seed in 1...40 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let ownLength = UInt64.random(in: 1...40, using: &generator)
            let common = UInt64.random(in: 0...ownLength, using: &generator)
            var histories = try Histories(length: ownLength)
            try histories.add(fork: 1, keeping: common, length: common + UInt64.random(in: 1...9, using: &generator))
            var network = Network(
                [
                    try histories.core("old", fork: 0), TestCore("reader", key: histories.key, seed: seed),
                    try histories.core("new", fork: 1),
                ], seed: seed)
            let old = network.connect(0, 1)
            for _ in 0..<5 { _ = network.with(1) { $0.get(UInt64.random(in: 0..<ownLength, using: &generator)) } }
            try network.run()
            let held = network.cores[1].log.blocks.keys.filter { $0 < common }
            network.disconnect(old)
            network.connect(2, 1)
            try network.run()
            let reader = network.cores[1]
            histories.expectHead(reader.log, fork: 1, "seed \(seed)")
            let ancestor = try #require(reader.reorganizations.first?.ancestorLength)
            #expect(ancestor <= common, "seed \(seed)")
            #expect(reader.log.blocks.keys.allSatisfy { held.contains($0) }, "seed \(seed)")
            #expect(held.filter { $0 < ancestor }.allSatisfy { reader.log.has($0) }, "seed \(seed)")
        }
    }

    @Test func aSparsePeerIsAskedWhatItHas() throws {
        // A log this long with a gap says by itself only how long it is.
        var histories = try Histories(length: 400)
        try histories.add(fork: 1, keeping: 290, length: 330)
        var other = try histories.core("other", fork: 1)
        for gap in [0..<3, 100..<280, 291..<320] as [Range<UInt64>] { other.log.clear(gap) }
        var network = Network([other, try histories.core("reader", fork: 0)], seed: 6)
        network.connect(0, 1)
        try network.run()
        histories.expectHead(network.cores[1].log, fork: 1, "found by a few blocks")
        #expect(network.cores[1].reorganizations.map(\.ancestorLength) == [290])
        #expect(network.delivered[.want] == 1 && network.delivered[.bitfield] == 1)
    }

    @Test func aForkPassesFromReaderToReader() throws {
        var histories = try Histories(length: 30)
        try histories.add(fork: 2, keeping: 11, length: 25)
        let cores = try ["a", "b", "c"].map { try histories.core($0, fork: 0) }
        var network = Network([try histories.core("writer", fork: 2)] + cores, seed: 5)
        for core in 0..<3 { network.connect(core, core + 1) }
        let tokens = (1...3).map { core in network.with(core) { $0.download(.blocks(0..<25)) } }
        try network.run()
        for core in 1...3 {
            // Those that were satisfied by the old history before the new one came are not asked anew.
            #expect(network.cores[core].outcomes[tokens[core - 1]] == .stored)
            _ = network.with(core) { $0.download(.blocks(0..<25)) }
        }
        try network.run()
        for core in 1...3 { histories.expectWhole(network.cores[core].log, fork: 2, "core \(core)") }
        network.expectSettled()
    }

    // MARK: Wants

    @Test func whatIsWaitedForIsCarriedOver() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 8, length: 30)
        var reader = try histories.core("reader", fork: 0)
        for block in [3, 12, 15] as [UInt64] { reader.log.clear(block..<block + 1) }
        var network = Network([try histories.core("writer", fork: 1), reader], seed: 9)
        let below = network.with(1) { $0.get(3) }
        let above = network.with(1) { $0.get(12) }
        let beyond = network.with(1) { $0.get(28) }
        let range = network.with(1) { $0.download(.blocks(0..<30, order: .linear)) }
        let update = network.with(1) { core in
            core.turn { replicator, _, effects in replicator.update(waits: true, into: &effects) }
        }
        let truth = try #require(histories.logs[1])
        let offset = (0..<25).reduce(3 as UInt64) { $0 + UInt64(truth.blocks[$1]?.count ?? 0) }
        let seek = network.with(1) { core in
            core.turn { replicator, _, effects in replicator.seek(toByte: offset, into: &effects) }
        }
        network.connect(0, 1)
        try network.run()
        let outcomes = network.cores[1].outcomes
        #expect(outcomes[below] == .block(histories.block(3, fork: 0)[...]))
        #expect(outcomes[above] == .block(histories.block(12, fork: 1)[...]))
        #expect(outcomes[beyond] == .block(histories.block(28, fork: 1)[...]))
        #expect(outcomes[range] == .stored)
        #expect(outcomes[update] == .updated(true))
        #expect(outcomes[seek] == .found(block: 25, offset: 3))
        histories.expectWhole(network.cores[1].log, fork: 1, "all was wanted")
        network.expectSettled()
    }

    @Test func anUpdateWaitsForAForkThatIsLookedInto() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 8, length: 9)
        var configuration = ReplicatorConfiguration()
        configuration.upgradesEagerly = false
        var network = Network(
            [
                try histories.core("writer", fork: 1),
                try histories.core("reader", fork: 0, configuration: configuration),
            ], seed: 2)
        network.connect(0, 1)
        try network.run()
        #expect(network.cores[1].log.head.tree.fork == 0, "nobody asked for it")
        let update = network.with(1) { $0.update() }
        try network.run()
        #expect(network.cores[1].outcomes[update] == .updated(true))
        histories.expectHead(network.cores[1].log, fork: 1, "after the update")
    }

    // MARK: Not following

    @Test func aHigherForkIsIgnoredWhereForksAreNotAllowed() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 7, keeping: 8, length: 30)
        var configuration = ReplicatorConfiguration()
        configuration.allowsForks = false
        var network = Network(
            [
                try histories.core("writer", fork: 7),
                try histories.core("reader", fork: 0, configuration: configuration),
                TestCore("empty", key: histories.key, configuration: configuration),
            ], seed: 2)
        network.connect(0, 1)
        let update = network.with(1) { $0.update() }
        try network.run()
        #expect(network.delivered[.request] == nil)
        #expect(network.cores[1].outcomes[update] == .updated(false))
        histories.expectWhole(network.cores[1].log, fork: 0, "it stays")
        #expect(network.cores[1].ignoredForks == [7], "told once")
        network.connect(0, 2)
        try network.run()
        histories.expectHead(network.cores[2].log, fork: 7, "an empty log loses nothing")
        #expect(network.cores[2].ignoredForks.isEmpty)
    }

    @Test func anEmptyHigherForkIsNotFollowedUntilItGrows() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 0, length: 0)
        var network = Network(
            [try histories.core("writer", fork: 1), try histories.core("reader", fork: 0)], seed: 2)
        network.connect(0, 1)
        try network.run()
        histories.expectWhole(network.cores[1].log, fork: 0, "there is nothing to follow yet")
        try histories.append(3, to: 1)
        let keyPair = histories.keyPair
        let values = (0..<3).map { histories.block($0, fork: 1) }
        try network.with(0) { try $0.append(values, signedBy: keyPair) }
        try network.run()
        histories.expectHead(network.cores[1].log, fork: 1, "it has grown")
    }

    @Test func aPrologueIsNotMovedToAForkThatNobodySigned() throws {
        let log = try TestLog(staticWith: (0..<9).map { [$0] })
        var forged = log
        forged.head.tree = TreeHead(fork: 1 << 50, copying: log.head.tree)
        let key = try #require(log.authority?.key)
        var network = Network(
            [
                TestCore("liar", key: key, log: forged), TestCore("reader", key: key, log: log),
                TestCore("empty", key: key, log: TestLog()),
            ], seed: 4)
        network.connect(0, 1)
        try network.run()
        #expect(network.cores[1].log.head == log.head)
        #expect(network.cores[1].commits.isEmpty && network.cores[1].reorganizations.isEmpty)
        #expect((network.delivered[.data] ?? 0) <= network.cores[1].replicator.limits.uselessAnswers)
        network.connect(1, 2)
        try network.run()
        #expect(network.cores[2].log.head.tree == log.head.tree)
    }
}

extension TestCore {
    /// The forks that were reported not to be followed.
    var ignoredForks: [UInt64] {
        events.compactMap { if case .forkIgnored(let fork, _) = $0 { fork } else { nil } }
    }
}

extension TreeHead {
    fileprivate init(fork: UInt64, copying other: TreeHead) {
        self = other
        self.fork = fork
    }
}
