import MerkleTree
import Replication
import TestSupport
import Testing

/// Wants of tree nodes, of the latest block, of some blocks before others, and how far a range has come.
@Suite struct NodeWantTests {
    @Test func everyNodeOfTheTreeCanBeAskedFor() throws {
        let world = try World(count: 13)
        for node in world.truth.nodes.keys.sorted() {
            var network = Network([world.writer(), world.reader()], seed: node + 1)
            network.connect(0, 1)
            let token = network.with(1) { $0.hash(node) }
            try network.run()
            let expected = try #require(world.truth.nodes[node])
            #expect(network.cores[1].outcomes[token] == .node(expected), "node \(node)")
            #expect(network.cores[1].log.blocks.isEmpty)
            world.expectPart(network.cores[1].log, "node \(node)")
            network.expectSettled()
        }
    }

    @Test func aNodePastTheEndWaitsAndOneThatCannotBeIsRefused() throws {
        let world = try World(count: 3)
        var network = Network([world.writer(), world.reader()], seed: 1)
        network.connect(0, 1)
        let node = network.with(1) { $0.hash(3) }
        let impossible = network.with(1) { $0.hash(.max) }
        let taken = network.with(1) { $0.hash(5) }
        try network.run()
        #expect(network.cores[1].outcomes == [impossible: .refused])
        network.with(1) { core in core.turn { replicator, _, effects in replicator.cancel(taken, into: &effects) } }
        try network.with(0) { try $0.append([[1]], signedBy: world.keyPair) }
        try network.run()
        let expected = try #require(network.cores[0].log.nodes[3])
        #expect(network.cores[1].outcomes == [impossible: .refused, node: .node(expected)])
    }
}

@Suite struct LatestBlockTests {
    @Test func theLastBlockComesWithTheLongerLog() throws {
        let world = try World(count: 9)
        var configuration = ReplicatorConfiguration()
        configuration.upgradesEagerly = false
        var network = Network([world.writer(), world.reader(configuration: configuration)], seed: 1)
        network.connect(0, 1)
        try network.run()
        let token = network.with(1) { core in
            core.turn { replicator, _, effects in replicator.update(fetchesLastBlock: true, into: &effects) }
        }
        try network.run()
        #expect(network.cores[1].outcomes[token] == .updated(true))
        #expect(network.cores[1].log.blocks.keys.sorted() == [8])
        #expect(network.cores[1].statistics.sent[.request] == 1)
        world.expectPart(network.cores[1].log, "latest")
        network.expectSettled()
    }

    @Test func whereThePeerLacksItTheLongerLogComesAlone() throws {
        let world = try World(count: 9)
        var network = Network([world.holder("sparse") { $0 < 4 }, world.reader()], seed: 1)
        let token = network.with(1) { core in
            core.turn { replicator, _, effects in
                replicator.update(waits: true, fetchesLastBlock: true, into: &effects)
            }
        }
        network.connect(0, 1)
        try network.run()
        #expect(network.cores[1].outcomes[token] == .updated(true))
        #expect(network.cores[1].log.head == world.truth.head)
        network.expectSettled()
    }
}

@Suite struct PriorityTests {
    /// The blocks that a core asks for, in order, once it hears of a peer that has all.
    private func asked(_ world: World, _ body: (inout TestCore) -> Void) -> [(block: UInt64, priority: UInt64)] {
        var core = world.holder("reader") { _ in false }
        body(&core)
        core.open(PeerID(1))
        core.receive(
            [
                .range(RangeMessage(start: 0, length: world.truth.length)),
                .sync(
                    SyncMessage(
                        fork: 0, length: world.truth.length, remoteLength: world.truth.length, canUpgrade: false,
                        isUploading: true, isDownloading: false, hasManifest: true, allowsPush: false)),
            ], from: PeerID(1))
        return core.takeOutbox().compactMap { _, message in
            guard case .request(let request) = message, let block = request.parts.block else { return nil }
            return (block.index, request.priority.rawValue)
        }
    }

    @Test func theMoreUrgentIsAskedFirst() throws {
        let world = try World(count: 20)
        let requests = asked(world) { core in
            _ = core.download(.blocks(0..<3, order: .linear))
            _ = core.get(9)
            _ = core.get(15, .veryHigh)
            _ = core.get(12, .normal)
            _ = core.get(4, .veryHigh)
            _ = core.get(5)
        }
        #expect(requests.map(\.block) == [4, 15, 5, 9, 12, 0, 1, 2])
        #expect(requests.map(\.priority) == [2, 2, 1, 1, 0, 0, 0, 0])
    }

    @Test func aPriorityCanBeRaisedAndNotLowered() throws {
        let world = try World(count: 20)
        let requests = asked(world) { core in
            let raised = core.get(9, .normal)
            let kept = core.get(3, .veryHigh)
            _ = core.get(5)
            _ = core.get(7, .normal)
            _ = core.get(7, .veryHigh)
            let range = core.download(.blocks(0..<1))
            core.turn { replicator, _, _ in
                replicator.raise(raised, to: .veryHigh)
                replicator.raise(kept, to: .normal)
                replicator.raise(range, to: .veryHigh)
            }
        }
        #expect(requests.map(\.block) == [3, 7, 9, 5, 0])
        #expect(requests.map(\.priority) == [2, 2, 2, 1, 0])
    }
}

@Suite struct ProgressTests {
    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func progressIsWhatIsStored(seed: UInt64) throws {
        let world = try World(count: 120)
        var network = Network([world.writer(), world.reader()], seed: seed)
        network.failingCommits = 20
        network.connect(0, 1)
        let ranges: [(DownloadRange, [UInt64])] = [
            (.blocks(10..<90), Array(10..<90)), (.blocks([3, 50, 119, 51]), [3, 50, 51, 119]),
            (.blocks(100..<130, order: .linear), Array(100..<130)), (.live(from: 60), Array(60..<120)),
        ]
        let tokens = ranges.map { range in network.with(1) { $0.download(range.0) } }
        for step in 0..<60 {
            try network.run(events: 7)
            if step == 40 { network.with(1) { $0.clear(20..<30) } }
            for (token, range) in zip(tokens, ranges) where network.cores[1].outcomes[token] == nil {
                let log = network.cores[1].log
                let progress = network.cores[1].progress(of: token)
                #expect(progress?.stored == UInt64(range.1.count { log.blocks[$0] != nil }), "seed \(seed), \(step)")
                if log.length == 120 { #expect(progress?.total == UInt64(range.1.count)) }
            }
        }
        #expect(network.cores[1].progress(of: tokens[1]) == nil, "it has ended")
    }
}

extension TestCore {
    fileprivate mutating func hash(_ node: UInt64) -> WantToken {
        turn { replicator, _, effects in replicator.hash(ofNode: node, into: &effects) }
    }

    fileprivate mutating func get(_ block: UInt64, _ priority: RequestMessage.Priority) -> WantToken {
        turn { $0.get(block, priority: priority, log: $1, into: &$2) }
    }

    fileprivate mutating func progress(of token: WantToken) -> DownloadProgress? {
        replicator.progress(of: token, log: log)
    }
}
