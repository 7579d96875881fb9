import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// What is waited for, counted and remembered of a log that moves to another fork.
@Suite struct ForkWantTests {
    /// A reader of fork 0 that has asked a peer that does not answer, and a peer of fork 1.
    private func network(_ histories: Histories, clearing blocks: Range<UInt64>) throws -> Network {
        var reader = try histories.core("reader", fork: 0)
        reader.log.clear(blocks)
        var network = Network(
            [reader, try histories.core("silent", fork: 0), try histories.core("new", fork: 1)], seed: 8)
        network.connect(0, 1)
        try network.run()
        network.cores[1].isStalled = true
        return network
    }

    @Test func aNodeThatIsWaitedForIsOneOfTheNewFork() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 8, length: 40)
        let truth = try #require(histories.logs[1])
        var network = try network(histories, clearing: 0..<20)
        // Below the ancestor, above it, over both, and past the old end.
        let nodes: [UInt64] = [5, 16, 15, 47]
        network.cores[0].log.forgetNodes { nodes.contains($0) }
        let tokens = nodes.map { node in
            network.with(0) { core in
                core.turn { replicator, _, effects in replicator.hash(ofNode: node, into: &effects) }
            }
        }
        #expect(tokens.allSatisfy { network.cores[0].outcomes[$0] == nil })
        network.connect(0, 2)
        try network.run(until: 5000)
        for (node, token) in zip(nodes, tokens) {
            #expect(network.cores[0].outcomes[token] == truth.nodes[node].map { .node($0) }, "node \(node)")
        }
        #expect(network.cores[0].invalidData.isEmpty)
    }

    @Test func progressIsWhatTheNewForkHasOfIt() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 8, length: 40)
        var network = try network(histories, clearing: 15..<20)
        let token = network.with(0) { $0.download(.blocks(2..<40)) }
        func progress(_ network: inout Network) -> DownloadProgress? {
            network.with(0) { core in core.turn { replicator, log, _ in replicator.progress(of: token, log: log) } }
        }
        #expect(progress(&network) == DownloadProgress(stored: 13, total: 38))
        network.connect(0, 2)
        let hasMoved = try network.run(until: 5000) { $0.cores[0].reorganizations.count == 1 }
        #expect(hasMoved)
        #expect(progress(&network) == DownloadProgress(stored: 6, total: 38))
        var last: UInt64 = 6
        _ = try network.run(until: 5000) { network in
            var core = network.cores[0]
            let progress = core.turn { replicator, log, _ in replicator.progress(of: token, log: log) }
            guard let progress else { return true }
            #expect(progress.stored >= last && progress.stored <= progress.total)
            last = progress.stored
            return false
        }
        try network.run(until: 6000)
        #expect(network.cores[0].outcomes[token] == .stored)
    }

    @Test func nothingIsRememberedOfAForkThatWasLeft() throws {
        var histories = try Histories(length: 64)
        try histories.add(fork: 1, keeping: 8, length: 64)
        var reader = TestCore("reader", key: histories.key)
        reader.log = TestLog()
        var network = Network(
            [reader, try histories.core("writer", fork: 0), try histories.core("new", fork: 1)], seed: 8)
        network.connect(0, 1)
        _ = network.with(0) { $0.download(.blocks(0..<60)) }
        try network.run()
        #expect(network.cores[0].replicator.overlay.nodes.recentCount > 0)
        network.connect(0, 2)
        let hasMoved = try network.run(until: network.time + 5000) { $0.cores[0].reorganizations.count == 1 }
        #expect(hasMoved)
        #expect(network.cores[0].replicator.overlay.nodes.recentCount == 0)
        #expect(!network.cores[0].replicator.unknownNodes.contains(40))
        let token = network.with(0) { $0.download(.blocks(0..<64)) }
        try network.run()
        #expect(network.cores[0].outcomes[token] == .stored)
        histories.expectWhole(network.cores[0].log, fork: 1, "verified against its own nodes")
        #expect(network.cores[0].invalidData.isEmpty)
        // And cutting back by itself does the same.
        let keyPair = histories.keyPair
        #expect(network.cores[2].replicator.overlay.nodes.recentCount == 0)
        try network.with(0) { try $0.truncate(to: 3, signedBy: keyPair) }
        #expect(network.cores[0].replicator.overlay.nodes.recentCount == 0)
    }
}
