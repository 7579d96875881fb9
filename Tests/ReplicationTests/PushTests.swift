import Bitfield
import Crypto
import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// Blocks that are sent to peers that have not asked for them (PROTOCOL §7, Push).
@Suite struct PushTests {
    private func taker(_ world: World, only: Bool = true) -> TestCore {
        var configuration = ReplicatorConfiguration()
        configuration.allowsPush = true
        configuration.isPushOnly = only
        return world.reader(configuration: configuration)
    }

    private func push(_ block: UInt64, to peers: [PeerID]? = nil, from core: Int, _ network: inout Network) {
        network.with(core) { core in core.turn { $0.push(block, to: peers, log: $1, into: &$2) } }
    }

    @Test func aReaderThatOnlyTakesPushesGetsManifestTreeAndBlocksWithoutAsking() throws {
        let world = try World(count: 20)
        var network = Network([world.writer(), taker(world)], seed: 1)
        network.connect(0, 1)
        try network.run()
        #expect(network.cores[1].log.length == 0)
        #expect(network.delivered[.request] == nil, "not even the manifest, which a peer with blocks pushes")
        // In any order: the first brings the tree, and the others only what of their paths is missing at the most.
        for block in [7, 0, 19, 12, 3] as [UInt64] { push(block, from: 0, &network) }
        try network.run()
        #expect(network.delivered[.request] == nil)
        #expect(network.cores[1].log.head == world.truth.head)
        #expect(network.cores[1].log.blocks.keys.sorted() == [0, 3, 7, 12, 19])
        #expect(network.cores[1].invalidData.isEmpty)
        world.expectPart(network.cores[1].log, "pushed")
        network.expectSettled()
    }

    @Test func appendedBlocksArePushedAtOnceToThoseWhoAllowIt() throws {
        var world = try World(count: 3)
        var writer = world.writer()
        var configuration = ReplicatorConfiguration()
        configuration.pushesAppended = true
        writer.turn { replicator, _, _ in replicator.configure(configuration) }
        var network = Network([writer, taker(world), world.reader("asks")], seed: 1)
        network.connect(0, 1)
        network.connect(0, 2)
        try network.run()
        for number in 0..<30 as Range<UInt8> {
            let keyPair = world.keyPair
            try world.truth.append([[number]], signedBy: keyPair)
            try network.with(0) { try $0.append([[number]], signedBy: keyPair) }
            if number % 3 == 0 { try network.run() }
        }
        try network.run()
        #expect(network.cores[1].log.head == world.truth.head)
        #expect(network.cores[1].log.blocks.keys.sorted() == Array(3..<33))
        #expect(network.cores[2].log.blocks.isEmpty)
        #expect(network.cores[1].statistics.sent[.request] == 0)
        #expect(network.cores[0].statistics(ofPeer: 0)?.counters.blocksUploaded == 30)
        world.expectPart(network.cores[1].log, "live")
        network.expectSettled()
    }

    @Test func aPushGoesOnlyToThosePeersThatAllowItAndLackTheBlock() throws {
        let world = try World(count: 10)
        let whole = world.holder("has it all") { _ in true }
        var writer = world.writer()
        let takes = SyncMessage(
            fork: 0, length: 10, remoteLength: 10, canUpgrade: false, isUploading: true, isDownloading: true,
            hasManifest: true, allowsPush: true)
        func pushed(after messages: [WireMessage]) -> [WireMessage] {
            var core = writer
            core.open(PeerID(1))
            core.receive(messages, from: PeerID(1))
            _ = core.takeOutbox()
            core.turn { $0.push(4, log: $1, into: &$2) }
            return core.takeOutbox().map(\.message)
        }
        _ = whole
        #expect(pushed(after: [.sync(takes)]).count == 1)
        #expect(pushed(after: []).isEmpty, "nothing is known of it")
        var other = takes
        other.allowsPush = false
        #expect(pushed(after: [.sync(other)]).isEmpty)
        other = takes
        other.isDownloading = false
        #expect(pushed(after: [.sync(other)]).isEmpty)
        other = takes
        other.fork = 1
        #expect(pushed(after: [.sync(other)]).isEmpty)
        #expect(pushed(after: [.sync(takes), .range(RangeMessage(start: 4, length: 1))]).isEmpty, "it has the block")
        writer.clear(4..<5)
        #expect(pushed(after: [.sync(takes)]).isEmpty, "it is not here")
    }

    @Test func aPushBringsTheNodesThatAPeerOfItsLengthMayLackAndTheTreeOnce() throws {
        let world = try World(count: 11)
        var core = world.writer()
        core.open(PeerID(1))
        core.receive(
            [
                .sync(
                    SyncMessage(
                        fork: 0, length: 4, remoteLength: 4, canUpgrade: true, isUploading: true, isDownloading: true,
                        hasManifest: true, allowsPush: true))
            ], from: PeerID(1))
        _ = core.takeOutbox()
        var sent: [DataMessage] = []
        for block in [1, 6, 7, 9] as [UInt64] {
            core.turn { $0.push(block, log: $1, into: &$2) }
            for case .data(let data) in core.takeOutbox().map(\.message) { sent.append(data) }
        }
        #expect(sent.map(\.request) == [0, 0, 0, 0])
        #expect(sent.map(\.proof.upgrade?.start) == [nil, 4, nil, nil], "from its length, and then no more")
        #expect(sent.map(\.manifest) == [nil, nil, nil, nil])
        #expect(sent[0].proof.block?.nodes.map(\.index) == [0, 5], "up to the root of the four that it has")
        #expect(sent[2].proof.block?.nodes.map(\.index) == [12, 9, 3], "and of the eleven that it has by now")
    }

    @Test func whatIsPushedIsVerifiedAndLiesAreDropped() throws {
        let world = try World(count: 20)
        var network = Network([world.writer("liar"), taker(world, only: false), world.writer("honest")], seed: 2)
        network.connect(0, 1)
        try network.run()
        network.tamper = { sender, message in
            guard sender == 0, case .data(var data) = message, data.request == 0 else { return message }
            data.proof.block?.value = [9, 9, 9]
            return .data(data)
        }
        for block in 0..<20 as Range<UInt64> { push(block, from: 0, &network) }
        try network.run()
        #expect(network.cores[1].log.blocks.isEmpty)
        #expect(network.cores[1].statistics.invalidData == 20)
        #expect(network.cores[1].statistics(ofPeer: 0)?.status.isPaused == false, "it may still be asked")
        let token = network.with(1) { $0.download(.blocks(0..<20)) }
        try network.run()
        #expect(network.cores[1].outcomes[token] == .stored)
        world.expectWhole(network.cores[1].log, "asked for")
    }

    @Test func afterTooManyLiesPushesAreNotLookedAt() throws {
        let world = try World(count: 8)
        var core = taker(world)
        core.open(PeerID(1))
        let lie = DataMessage(
            request: 0, fork: 0, proof: Proof(block: .init(index: 3, value: [1], nodes: [])))
        core.receive(Array(repeating: .data(lie), count: 500), from: PeerID(1))
        #expect(core.replicator.peers.all[0].conduct.invalidPushes == core.replicator.limits.invalidPushes)
        #expect(core.replicator.overlay.byteCount == 0)
        #expect(core.replicator.claims.isEmpty)
    }

    @Test func aPushThatFitsNoMoreIsDropped() throws {
        let world = try World(count: 20)
        var limits = ReplicationLimits()
        limits.uncommittedBytes = 500
        var configuration = ReplicatorConfiguration()
        configuration.allowsPush = true
        var network = Network([world.writer(), world.reader(configuration: configuration, limits: limits)], seed: 2)
        network.connect(0, 1)
        try network.run()
        network.latency = 10_000
        for block in 0..<20 as Range<UInt64> { push(block, from: 0, &network) }
        var most = 0
        while network.cores[1].commits.isEmpty || network.cores[1].statistics.received[.data] < 20 {
            try network.run(events: 1)
            most = max(most, network.cores[1].replicator.overlay.byteCount)
        }
        #expect(most <= 500 + 20 * 64, "\(most)")
        try network.run()
        world.expectPart(network.cores[1].log, "bounded")
        network.expectSettled()
    }

    @Test func aPushedBlockThatIsUnderWayIsTakenAndTheRequestTakenBack() throws {
        let world = try World(count: 20)
        var network = Network([world.writer("slow"), taker(world, only: false), world.writer("pusher")], seed: 2)
        network.connect(0, 1)
        try network.run()
        network.cores[0].isStalled = true
        let token = network.with(1) { $0.get(4) }
        network.connect(2, 1)
        try network.run(until: network.time + 200)
        #expect(network.cores[1].outcomes[token] == nil)
        push(4, from: 2, &network)
        try network.run(until: network.time + 100)
        #expect(network.cores[1].outcomes[token] == world.truth.blocks[4].map { .block($0[...]) })
        #expect(network.delivered[.cancel] == 1)
        try network.run()
        #expect(network.cores[1].log.blocks.keys.sorted() == [4])
        network.expectSettled()
    }

    @Test func unaskedDataIsIgnoredWherePushIsNotAllowed() throws {
        let world = try World(count: 20)
        var network = Network([world.writer(), world.reader()], seed: 2)
        network.connect(0, 1)
        try network.run()
        let proof = try world.truth.proof(of: ProofRequest(block: .init(index: 3, nodes: 4)))
        network.with(1) {
            $0.receive([.data(DataMessage(request: 0, fork: 0, proof: proof))], from: $0.replicator.openPeers[0])
        }
        try network.run()
        #expect(network.cores[1].log.blocks.isEmpty)
        #expect(network.cores[1].statistics.invalidData == 0)
    }

    @Test func aWriterThatIsCutBackPushesItsNewForkOnly() throws {
        let world = try World(count: 12)
        var core = world.writer()
        core.open(PeerID(1))
        var takes = SyncMessage(
            fork: 0, length: 12, remoteLength: 12, canUpgrade: false, isUploading: true, isDownloading: true,
            hasManifest: true, allowsPush: true)
        core.receive([.sync(takes)], from: PeerID(1))
        core.isStalled = true
        for block in 0..<12 as Range<UInt64> { core.turn { $0.push(block, log: $1, into: &$2) } }
        try core.log.truncate(to: 5, signedBy: world.keyPair)
        core.turn { $0.localChanged(.truncated(oldLength: 12), log: $1, into: &$2) }
        _ = core.takeOutbox()
        core.resume()
        #expect(core.takeOutbox().isEmpty)
        takes.fork = 1
        takes.length = 5
        core.receive([.sync(takes)], from: PeerID(1))
        _ = core.takeOutbox()
        core.turn { $0.push(2, log: $1, into: &$2) }
        #expect(core.takeOutbox().count == 1)
    }

    @Test func noMoreWaitsToBePushedThanTheLimit() throws {
        let world = try World(count: 50)
        var limits = ReplicationLimits()
        limits.pushesToPeer = 10
        var core = world.writer(limits: limits)
        core.open(PeerID(1))
        let takes = SyncMessage(
            fork: 0, length: 0, remoteLength: 0, canUpgrade: false, isUploading: true, isDownloading: true,
            hasManifest: false, allowsPush: true)
        core.receive([.sync(takes)], from: PeerID(1))
        core.isStalled = true
        for block in 0..<50 as Range<UInt64> { core.turn { $0.push(block, log: $1, into: &$2) } }
        #expect(core.replicator.peers.all[0].pushes.count == 10)
    }
}
