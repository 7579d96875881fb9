import Bitfield
import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// A frozen core does nothing in any of its roles.
@Suite struct FrozenTests {
    private func frozen() throws -> (Histories, TestCore, link: PeerID) {
        let histories = try Histories(length: 8)
        var other = try histories.history(fork: 0, length: 3)
        try other.append((3..<9).map { histories.block($0, fork: 99) }, signedBy: histories.keyPair)
        var network = Network(
            [try histories.core("core", fork: 0), TestCore("other", key: histories.key, log: other)], seed: 3)
        network.connect(0, 1)
        _ = network.with(0) { $0.download(.blocks(0..<20)) }
        try network.run()
        return (histories, network.cores[0], network.links[0].ids.0)
    }

    @Test func itWantsPushesAndCountsNothingMore() throws {
        var (histories, core, _) = try frozen()
        #expect(core.replicator.isFrozen && core.conflicts.count == 1)
        let wanted = core.channelsWantedCount
        let before = core.statistics
        let node = core.turn { replicator, _, effects in replicator.hash(ofNode: 40, into: &effects) }
        #expect(core.outcomes[node] == .refused)
        let range = core.download(.blocks(0..<30))
        #expect(core.outcomes[range] == .refused)
        let progress = core.turn { replicator, log, _ in replicator.progress(of: range, log: log) }
        #expect(progress == nil)
        core.turn { replicator, _, _ in replicator.raise(range, to: .veryHigh) }
        core.turn { $0.push(2, log: $1, into: &$2) }
        core.turn { replicator, _, _ in
            var configuration = ReplicatorConfiguration()
            configuration.allowsPush = true
            configuration.pushesAppended = true
            replicator.configure(configuration)
        }
        try core.append([[1]], signedBy: histories.keyPair)
        core.advance(by: 100_000)
        #expect(core.takeOutbox().isEmpty && core.commits.isEmpty)
        #expect(core.statistics == before)
        #expect(core.channelsWantedCount == wanted)
        #expect(core.replicator.nextDeadline == nil)
        #expect(!core.replicator.isDownloading, "no channel is worth opening")
        #expect(core.replicator.claims.isEmpty && core.replicator.overlay.byteCount == 0)
    }

    @Test func whatItTellsItsPeersIsCountedAndNoChannelIsOpenedAgain() throws {
        let histories = try Histories(length: 8)
        var other = try histories.history(fork: 0, length: 3)
        try other.append((3..<9).map { histories.block($0, fork: 99) }, signedBy: histories.keyPair)
        var core = try histories.core("core", fork: 0)
        for peer in 1...3 as ClosedRange<UInt64> {
            core.open(PeerID(peer))
            core.receive([.sync(.of(fork: 0, length: 8, remoteLength: 8))], from: PeerID(peer))
        }
        _ = core.takeOutbox()
        let proof = try other.proof(of: ProofRequest(upgrade: .init(start: 0, length: 8)))
        core.receive([.data(DataMessage(request: 0, fork: 0, proof: proof))], from: PeerID(1))
        #expect(core.replicator.isFrozen)
        #expect(core.takeOutbox().filter { if case .data = $1 { true } else { false } }.count == 3)
        #expect(core.statistics.sent[.data] == 3)
        #expect(core.closedChannels == [PeerID(1), PeerID(2), PeerID(3)] && core.idle.isEmpty)
        #expect(core.replicator.isIdle(PeerID(2)))
        core.close(PeerID(2), byRemote: true)
        #expect(core.reopened.isEmpty)
    }

    @Test func aReorgThatIsStoredAfterwardsChangesNothing() throws {
        var histories = try Histories(length: 8)
        try histories.add(fork: 1, keeping: 4, length: 12)
        var other = try histories.history(fork: 0, length: 3)
        try other.append((3..<9).map { histories.block($0, fork: 99) }, signedBy: histories.keyPair)
        let proof = try other.proof(of: ProofRequest(upgrade: .init(start: 0, length: 8)))
        for succeeds in [true, false] {
            var network = Network([try histories.core("core", fork: 0), try histories.core("new", fork: 1)], seed: 3)
            network.connect(0, 1)
            let isMoving = try network.run(until: 5000) { $0.cores[0].replicator.forks.isMoving }
            #expect(isMoving)
            var core = network.cores[0]
            core.open(PeerID(5))
            core.receive([.data(DataMessage(request: 0, fork: 0, proof: proof))], from: PeerID(5))
            #expect(core.replicator.isFrozen && core.replicator.forks.candidates.isEmpty)
            _ = core.takeOutbox()
            try core.finishCommit(succeeds: succeeds)
            core.advance(by: 100_000)
            #expect(core.takeOutbox().isEmpty && core.commits.isEmpty && core.replicator.isFrozen)
        }
    }
}
