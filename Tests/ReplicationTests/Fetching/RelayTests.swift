import Replication
import TestSupport
import Testing

/// Logs that pass from copy to copy, none of which is whole.
@Suite struct RelayTests {
    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func aLogWithAGapPassesAroundARing(seed: UInt64) throws {
        let world = try World(count: 500)
        var network = Network(
            [world.holder("writer") { $0 != 0 }] + ["b", "c", "d"].map { world.reader($0, seed: seed) }, seed: seed)
        for (first, second) in [(0, 1), (1, 2), (2, 3), (3, 1)] { network.connect(first, second) }
        let tokens = (1...3).map { reader in network.with(reader) { $0.download(.blocks(1..<500)) } }
        try network.run()
        for reader in 1...3 {
            #expect(network.cores[reader].outcomes[tokens[reader - 1]] == .stored, "seed \(seed), \(reader)")
            #expect(network.cores[reader].log.blocks.count == 499, "seed \(seed), \(reader)")
            world.expectPart(network.cores[reader].log, "seed \(seed), \(reader)")
        }
        network.expectSettled()
    }

    @Test(arguments: [true, false])
    func aCopyOfOneBlockPassesItOnAndWhereItsBytesLie(supportsSeeks: Bool) throws {
        let count: UInt64 = 10_000
        let world = try World(blocks: (0..<count).map { _ in [46] })
        for block in [0, 3, 4999, 5555, 9999] as [UInt64] {
            var network = Network([world.writer(), world.reader("middle"), world.reader("end")], seed: block + 1)
            let link = network.connect(0, 1)
            let first = network.with(1) { $0.get(block) }
            try network.run()
            #expect(network.cores[1].outcomes[first] == .block([46]))
            network.disconnect(link)
            network.connect(1, 2, supportsSeeks: supportsSeeks)
            let seek = network.with(2) { core in
                core.turn { replicator, _, effects in replicator.seek(toByte: block, into: &effects) }
            }
            try network.run()
            #expect(network.cores[2].outcomes[seek] == .found(block: block, offset: 0), "block \(block)")
            let last = network.with(2) { $0.get(block) }
            try network.run()
            #expect(network.cores[2].outcomes[last] == .block([46]), "block \(block)")
            #expect(network.cores[2].invalidData.isEmpty)
        }
    }

    /// A copy that was made in two sessions, with a block between them that it never had.
    @Test func aCopyWithAGapServesWhatItHasInEveryWay() throws {
        var world = try World(blocks: (0..<3).map { [UInt8($0)] })
        var network = Network([world.writer(), world.reader("middle")], seed: 1)
        var link = network.connect(0, 1)
        _ = network.with(1) { $0.download(.blocks(0..<3)) }
        try network.run()
        network.disconnect(link)
        let values = (3..<7).map { [UInt8($0)] }
        try world.truth.append(values, signedBy: world.keyPair)
        let keyPair = world.keyPair
        try network.with(0) { try $0.append(values, signedBy: keyPair) }
        link = network.connect(0, 1)
        _ = network.with(1) { $0.download(.blocks(4..<7)) }
        try network.run()
        network.disconnect(link)
        let middle = network.cores[1]
        #expect(middle.log.blocks.keys.sorted() == [0, 1, 2, 4, 5, 6])

        for way in 0..<4 {
            var network = Network([middle, world.reader("end")], seed: 7)
            network.connect(0, 1)
            let token = network.with(1) { core in
                switch way {
                case 0: core.get(4)
                case 1: core.download(.blocks(4..<6))
                case 2: core.download(.blocks([4, 6]))
                default: core.turn { replicator, _, effects in replicator.seek(toByte: 4, into: &effects) }
                }
            }
            try network.run()
            let expected: WantOutcome = [.block([4]), .stored, .stored, .found(block: 4, offset: 0)][way]
            #expect(network.cores[1].outcomes[token] == expected)
            world.expectPart(network.cores[1].log, "\(way)")
        }
    }
}
