import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// Two writers with one key, who do not know of each other, and readers: nobody ever holds parts of both histories, and
/// whoever meets the other one stops.
@Suite struct ConflictChaosTests {
    @Test(arguments: Seeds.upTo(8))
    func nobodyMixesTwoHistories(seed: Int) throws {
        var chaos = try ConflictChaos(seed: UInt64(seed))
        for _ in 0..<40 {
            try chaos.act()
            chaos.expectNothingMixed()
        }
        // One that is frozen tells nobody any more.
        let haveMet = chaos.network.cores[0...1].contains { $0.replicator.isFrozen }
        try chaos.meet()
        chaos.expectNothingMixed()
        let frozen = chaos.network.cores[0...1].filter(\.replicator.isFrozen).count
        #expect(haveMet ? frozen > 0 : frozen == 2, "seed \(seed)")
        for core in chaos.network.cores where core.replicator.isFrozen {
            let authority = try #require(core.log.authority)
            let conflict = try #require(core.conflicts.first, "seed \(seed)")
            #expect(core.conflicts.count == 1, "seed \(seed)")
            #expect(throws: Never.self, "seed \(seed)") {
                _ = try conflict.ours.verify(by: authority)
                _ = try conflict.theirs.verify(by: authority)
            }
        }
    }
}

/// One run: cores 0 and 1 write, the others read.
private struct ConflictChaos {
    let seed: UInt64
    let histories: Histories
    let common: UInt64
    var network: Network
    private var links: [Int] = []
    private var generator: SeededGenerator

    init(seed: UInt64) throws {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        common = UInt64.random(in: 0...12, using: &generator)
        histories = try Histories(length: 0)
        var cores: [TestCore] = []
        for side in 0..<2 as Range<UInt64> {
            var log = try histories.history(fork: 0, length: common)
            try log.append([Array("side \(side)".utf8)], signedBy: histories.keyPair)
            cores.append(TestCore("side \(side)", key: histories.key, log: log, seed: seed))
        }
        let key = histories.key
        cores += (1...4).map { TestCore("reader \($0)", key: key, seed: seed + UInt64($0)) }
        network = Network(cores, seed: seed)
        network.failingCommits = seed.isMultiple(of: 2) ? 20 : 0
        for reader in 2...5 { _ = network.with(reader) { $0.download(.live()) } }
    }

    mutating func act() throws {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1, 2:
            let side = Int.random(in: 0...1, using: &generator)
            let keyPair = histories.keyPair
            let values = (0..<Int.random(in: 1...9, using: &generator)).map { _ in generator.bytes(9) }
            try network.with(side) { try $0.append(values, signedBy: keyPair) }
        case 3, 4, 5:
            let reader = Int.random(in: 2...5, using: &generator)
            let other = (reader + Int.random(in: 1...5, using: &generator)) % 6
            links.append(network.connect(reader, other))
        default:
            if let link = links.randomElement(using: &generator) { network.disconnect(link) }
        }
        try network.run(events: Int.random(in: 0...30, using: &generator))
    }

    /// Brings the two together; of one length they would have nothing to ask each other.
    mutating func meet() throws {
        let keyPair = histories.keyPair
        while network.cores[0].log.length == network.cores[1].log.length {
            try network.with(0) { try $0.append([[7]], signedBy: keyPair) }
        }
        network.connect(0, 1)
        try network.run()
    }

    /// That every log is a part of one of the two.
    func expectNothingMixed() {
        for core in network.cores {
            let isPart = network.cores[0...1].contains { side in
                core.log.length <= side.log.length
                    && core.log.blocks.allSatisfy { side.log.blocks[$0] == $1 }
                    && core.log.nodes.allSatisfy { side.log.nodes[$0] == $1 }
            }
            #expect(isPart, "seed \(seed), \(core.name)")
        }
    }
}
