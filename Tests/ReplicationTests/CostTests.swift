import MerkleTree
import Replication
import TestSupport
import Testing

/// How often the log is asked for a block that is fetched in order. A lookup in a store costs as much as hashing the block.
@Suite struct CostTests {
    @Test func aRunOfBlocksAsksTheLogForNextToNothing() throws {
        let count = 10_000
        let world = try World(blocks: (0..<count).map { [UInt8($0 & 255)] })
        var reader = world.reader()
        let lookups = TestLog.Lookups()
        reader.log.lookups = lookups
        var network = Network([world.writer(), reader], seed: 1)
        network.connect(0, 1)
        let token = network.with(1) { $0.download(.blocks(0..<UInt64(count), order: .linear)) }
        try network.run(limit: 1_000_000)
        #expect(network.cores[1].outcomes[token] == .stored)
        // Measured: 0.024 nodes and 1.01 questions of presence a block.
        let nodes = Double(lookups.nodes) / Double(count)
        let presence = Double(lookups.presence) / Double(count)
        #expect(nodes < 0.05, "\(nodes)")
        #expect(presence < 1.1, "\(presence)")
        network.expectSettled()
    }
}
