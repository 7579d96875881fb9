import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// Channels over which a history is looked into are not idle, whatever is wanted.
@Suite struct ForkIdleTests {
    private var wantsNothing: ReplicatorConfiguration {
        var configuration = ReplicatorConfiguration()
        configuration.isDownloading = false
        return configuration
    }

    @Test(arguments: [false, true])
    func aForkIsLookedIntoBeforeTheChannelServesNobody(wasTold: Bool) throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 8, length: 30)
        var limits = ReplicationLimits()
        (limits.shortestLinger, limits.longestLinger) = wasTold ? (1, 1) : (600, 600)
        var reader = try histories.core("reader", fork: 0, limits: limits)
        reader.turn { replicator, _, _ in replicator.configure(wantsNothing) }
        let writer = try histories.core("writer", fork: 1, configuration: wantsNothing)
        var network = Network([reader, writer], seed: 3)
        network.latency = 500
        network.connect(0, 1)
        var steps: Set<String> = []
        let hasMoved = try network.run(until: 60_000) { network in
            let core = network.cores[0]
            guard core.replicator.isLookingIntoForks else { return !core.reorganizations.isEmpty }
            steps.insert(core.replicator.forks.isMoving ? "moving" : "asking")
            #expect(core.replicator.isDownloading != wasTold, "what they were told stays true")
            if !core.replicator.forks.isMoving { #expect(core.idle.isEmpty) }
            return false
        }
        #expect(hasMoved && steps == ["asking", "moving"])
        try network.run()
        histories.expectHead(network.cores[0].log, fork: 1, "moved")
        #expect(!network.cores[0].replicator.isDownloading)
        #expect(network.cores.allSatisfy { !$0.idle.isEmpty })
    }

    @Test func aForkThatNobodyAnswersAboutKeepsNoChannelOpen() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 8, length: 30)
        var core = try histories.core("reader", fork: 0)
        core.open(PeerID(1))
        core.turn { replicator, _, _ in replicator.configure(wantsNothing) }
        core.receive([.sync(.of(fork: 1, length: 30))], from: PeerID(1))
        core.advance(by: 300_000)
        #expect(!core.replicator.isLookingIntoForks && !core.replicator.forks.isMoving)
        core.close(PeerID(1))
        core.advance(by: 100_000)
        #expect(!core.replicator.isDownloading)
        #expect(core.replicator.nextDeadline == nil)
    }

    @Test func aPeerWhoseTreeIsAwaitedKeepsItsChannelUntilItHasCome() throws {
        let world = try World(count: 8)
        var other = try World(blocks: (0..<9).map { [UInt8($0)] })
        other.key = world.key
        var core = TestCore("core", key: world.key, log: world.truth)
        core.open(PeerID(1))
        core.receive([.sync(.of(fork: 0, length: 9, remoteLength: 8, canUpgrade: true))], from: PeerID(1))
        let asked = core.takeOutbox().compactMap { if case .request(let request) = $1 { request } else { nil } }
        let upgrade = try #require(asked.first)
        let proof = try other.truth.proof(of: upgrade.parts)
        core.receive([.data(DataMessage(request: upgrade.id, fork: 0, proof: proof))], from: PeerID(1))
        let request = try #require(
            core.takeOutbox().compactMap { if case .request(let request) = $1 { request } else { nil } }.first)
        #expect(request.id == 0)
        core.turn { replicator, _, _ in replicator.configure(wantsNothing) }
        core.advance(by: 50_000)
        #expect(!core.replicator.isDownloading && !core.replicator.isIdle(PeerID(1)) && core.idle.isEmpty)
        core.receive([.sync(.of(fork: 0, length: 8, remoteLength: 8))], from: PeerID(1))
        #expect(core.idle.isEmpty)
        var refused = core
        refused.receive([.noData(NoDataMessage(request: 0, reason: .notAvailable))], from: PeerID(1))
        #expect(refused.idle == [PeerID(1)], "it will never come")
        #expect(refused.replicator.status(of: PeerID(1))?.isPaused == true)
        let tree = try world.truth.proof(of: request.parts)
        core.receive([.data(DataMessage(request: 0, fork: 0, proof: tree))], from: PeerID(1))
        #expect(core.idle == [PeerID(1)] && core.replicator.isIdle(PeerID(1)))
    }
}
