import MerkleTree
import Replication
import TestSupport
import Testing

/// Blocks of a peer whose log is shorter. Its proofs end at its own roots, so only what lies under those of them that are
/// known here can be had of it (PROTOCOL §7, Requesting).
@Suite struct ShorterPeerTests {
    private let world: World

    init() throws { world = try World(count: 16, seed: 4) }

    /// The writer's log when it was `length` blocks long: the same blocks, under the same key.
    private func log(ofLength length: UInt64, _ world: World) throws -> TestLog {
        try World(blocks: (0..<length).map { world.truth.blocks[$0] ?? [] }).truth
    }

    /// A copy that has learnt of `length` blocks and has none of them: of the tree it knows the roots.
    private func bareCopy(ofLength length: UInt64, _ world: World) throws -> TestCore {
        var log = try log(ofLength: length, world)
        let roots = FlatTree.roots(ofLength: length)
        log.clear(0..<length)
        log.forgetNodes { !roots.contains($0) }
        return TestCore("copy", key: world.key, log: log, seed: 5)
    }

    /// A peer that stays as long as it is.
    private func holder(ofLength length: UInt64, _ world: World) throws -> TestCore {
        var configuration = ReplicatorConfiguration()
        configuration.upgradesEagerly = false
        return TestCore(
            "holder", key: world.key, log: try log(ofLength: length, world), seed: 6, configuration: configuration)
    }

    /// What the copy can have of the holder: the blocks under the roots that both have.
    private func shared(_ held: UInt64, _ length: UInt64) -> [UInt64] {
        let ours = Set(FlatTree.roots(ofLength: length))
        return FlatTree.roots(ofLength: held).filter(ours.contains).flatMap { FlatTree.blocks(under: $0) }
    }

    @Test(arguments: 1...16 as ClosedRange<UInt64>)
    func whatLiesUnderASharedRootIsFetchedAndNothingElseIsAskedFor(length: UInt64) throws {
        for held in 1..<max(length, 2) {
            var network = Network(
                [try holder(ofLength: held, world), try bareCopy(ofLength: length, world)], seed: held)
            network.connect(0, 1)
            // What nobody has is waited for by others.
            _ = network.with(1) { $0.get(length) }
            let tokens = (0..<length).map { block in network.with(1) { $0.get(block) } }
            try network.run()
            let expected = held == length ? Array(0..<held) : shared(held, length)
            #expect(network.cores[1].log.blocks.keys.sorted() == expected, "\(held) of \(length)")
            for block in expected {
                #expect(network.cores[1].outcomes[tokens[Int(block)]] != nil, "\(held) of \(length), \(block)")
            }
            #expect(network.cores[1].statistics.sent[.request] == expected.count, "\(held) of \(length)")
            #expect(network.cores[1].invalidData.isEmpty && network.cores[0].statistics.invalidRequests == 0)
            world.expectPart(network.cores[1].log, "\(held) of \(length)")
        }
    }

    @Test func whatCannotBeProvenIsFetchedOnceThePeerHasGrown() throws {
        for held in 1..<16 as Range<UInt64> {
            var network = Network(
                [try holder(ofLength: held, world), try bareCopy(ofLength: 16, world), world.writer()], seed: held)
            network.connect(0, 1)
            let tokens = (0..<held).map { block in network.with(1) { $0.get(block) } }
            try network.run()
            #expect(network.cores[1].log.blocks.isEmpty, "a tree of 16 has one root")
            let link = network.connect(0, 2)
            try network.run()
            _ = network.with(0) { $0.update() }
            try network.run()
            network.disconnect(link)
            try network.run()
            #expect(network.cores[0].log.length == 16)
            #expect(tokens.allSatisfy { network.cores[1].outcomes[$0] != nil }, "\(held)")
            world.expectPart(network.cores[1].log, "\(held)")
        }
    }

    @Test func aSeekAmongWhatIsSharedIsAnswered() throws {
        let world = try World(blocks: (0..<7).map { [UInt8($0)] })
        // Block 3 is in nobody's hands but the writer's.
        var holder = try holder(ofLength: 5, world)
        holder.log.clear(3..<4)
        var network = Network([holder, try bareCopy(ofLength: 7, world)], seed: 1)
        network.connect(0, 1)
        let token = network.with(1) { core in
            core.turn { replicator, _, effects in replicator.seek(toByte: 2, into: &effects) }
        }
        let (list, lost) = network.with(1) { core in
            (core.download(.blocks([0, 2])), core.download(.blocks(0..<4)))
        }
        try network.run()
        #expect(network.cores[1].outcomes[token] == .found(block: 2, offset: 0))
        #expect(network.cores[1].outcomes[list] == .stored && network.cores[1].outcomes[lost] == nil)
        #expect(network.cores[1].log.blocks.keys.sorted() == [0, 1, 2])
    }
}
