import Crypto
import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// Pushes that meet another fork, or another history of the same.
@Suite struct ForkPushTests {
    private func takesPushes(only: Bool) -> ReplicatorConfiguration {
        var configuration = ReplicatorConfiguration()
        configuration.allowsPush = true
        configuration.isPushOnly = only
        return configuration
    }

    private func isAboutBlock(_ message: WireMessage) -> Bool {
        if case .request(let request) = message { request.parts.block != nil } else { false }
    }

    @Test func aPushDuringAReorgIsForgottenWithItsFork() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 8, length: 20)
        let old = try #require(histories.logs[0])
        var reader = try histories.core("reader", fork: 0, configuration: takesPushes(only: false))
        reader.log.clear(12..<13)
        var network = Network([reader, try histories.core("new", fork: 1)], seed: 4)
        network.with(0) { core in
            core.open(PeerID(7))
            core.receive([.sync(.of(fork: 0, length: 20, remoteLength: 20))], from: PeerID(7))
        }
        network.connect(0, 1)
        let isMoving = try network.run(until: 5000) { $0.cores[0].replicator.forks.isMoving }
        #expect(isMoving)
        let token = network.with(0) { $0.get(12) }
        let nodes = try old.head.tree.missingNodes(fromNode: 24, reading: TestLog())
        let proof = try old.proof(of: ProofRequest(block: ProofRequest.Node(index: 12, nodes: nodes)))
        network.with(0) { $0.receive([.data(DataMessage(request: 0, fork: 0, proof: proof))], from: PeerID(7)) }
        #expect(
            network.cores[0].outcomes[token] == .block(histories.block(12, fork: 0)[...]), "as true as a read before")
        let again = network.with(0) { $0.get(12) }
        #expect(network.cores[0].outcomes[again] == network.cores[0].outcomes[token])
        try network.run()
        histories.expectHead(network.cores[0].log, fork: 1, "moved")
        #expect(network.cores[0].log.blocks[12] == nil)
        let after = network.with(0) { $0.get(12) }
        try network.run()
        #expect(network.cores[0].outcomes[after] == .block(histories.block(12, fork: 1)[...]))
        #expect(network.cores[0].invalidData.isEmpty)
        network.expectSettled()
    }

    @Test func aPushOfAnotherForkIsDropped() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 8, length: 22)
        for (own, other) in [(0, 1), (1, 0)] as [(UInt64, UInt64)] {
            let log = try #require(histories.logs[other])
            let parts = ProofRequest(
                block: ProofRequest.Node(index: log.length - 1, nodes: 0),
                upgrade: ProofRequest.Upgrade(start: 8, length: log.length - 8))
            let push = DataMessage(request: 0, fork: other, proof: try log.proof(of: parts))
            var core = try histories.core("core", fork: own, configuration: takesPushes(only: true))
            core.open(PeerID(1))
            core.receive([.sync(.of(fork: own, length: 20)), .data(push)], from: PeerID(1))
            #expect(core.commits.isEmpty && core.replicator.overlay.byteCount == 0)
            #expect(core.invalidData.isEmpty, "it is true of its fork")
            #expect(core.replicator.peers.all[0].conduct.invalidPushes == 0)
        }
    }

    @Test(arguments: [0, 12] as [UInt64])
    func whoOnlyTakesPushesIsMovedToAHigherForkAndGoesOnThere(length: UInt64) throws {
        var histories = try Histories(length: 12)
        var pushes = ReplicatorConfiguration()
        pushes.pushesAppended = true
        var reader = try histories.core("reader", fork: 0, configuration: takesPushes(only: true))
        if length == 0 { reader.log = TestLog() }
        var network = Network([try histories.core("writer", fork: 0, configuration: pushes), reader], seed: 3)
        var asked: [WireMessage] = []
        network.tamper = { sender, message in
            if sender == 1, case .request = message { asked.append(message) }
            return message
        }
        if length > 0 { network.connect(0, 1) }
        try network.run()
        #expect(asked.isEmpty)
        let keyPair = histories.keyPair
        try network.with(0) { try $0.truncate(to: 5, signedBy: keyPair) }
        try network.with(0) { try $0.append([[1], [2]], signedBy: keyPair) }
        if length == 0 { network.connect(0, 1) }
        let looksIntoIt = try network.run(until: network.time + 1000) { $0.cores[1].replicator.isLookingIntoForks }
        #expect(looksIntoIt)
        let update = network.with(1) { core in
            core.turn { replicator, _, effects in replicator.update(into: &effects) }
        }
        try network.run()
        histories.record(network.cores[0].log)
        histories.expectHead(network.cores[1].log, fork: 1, "moved")
        #expect(network.cores[1].outcomes[update] == .updated(true))
        #expect(!asked.isEmpty && !asked.contains(where: isAboutBlock), "only what the fork is")
        asked = []
        try network.with(0) { try $0.append([[3], [4]], signedBy: keyPair) }
        try network.run()
        histories.record(network.cores[0].log)
        histories.expectHead(network.cores[1].log, fork: 1, "pushed to")
        #expect(network.cores[1].log.blocks[7] == [3] && network.cores[1].log.blocks[8] == [4])
        #expect(asked.isEmpty)
        network.expectSettled()
    }

    @Test func aLogThatMovesToAnotherForkPushesNothingOfTheOldOne() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 8, length: 20)
        let pusher = try histories.core("pusher", fork: 0)
        let taker = TestCore("taker", key: histories.key, configuration: takesPushes(only: true))
        var network = Network([pusher, taker, try histories.core("new", fork: 1)], seed: 4)
        network.connect(0, 1)
        try network.run()
        network.cores[0].isStalled = true
        for block in 0..<20 as Range<UInt64> {
            network.with(0) { core in core.turn { $0.push(block, log: $1, into: &$2) } }
        }
        #expect(network.cores[0].replicator.peers.all[0].pushes.count == 20)
        network.connect(0, 2)
        let hasMoved = try network.run(until: 5000) { $0.cores[0].reorganizations.count == 1 }
        #expect(hasMoved)
        network.with(0) { $0.resume() }
        try network.run()
        #expect(network.cores[0].uploadCount == 0)
        histories.expectHead(network.cores[1].log, fork: 1, "found by itself")
        network.expectSettled()
    }

    // MARK: Conflicts

    @Test func aPushThatBeginsAtBlock0IsNotTakenForAProofOfAConflict() throws {
        let histories = try Histories(length: 9)
        let whole = try #require(histories.logs[0])
        for length in 1...8 as ClosedRange<UInt64> {
            var log = try histories.history(fork: 0, length: length)
            log.clear(0..<length)
            var core = TestCore("core", key: histories.key, log: log, configuration: takesPushes(only: false))
            core.open(PeerID(1))
            for block in 0..<9 as Range<UInt64> {
                let parts = ProofRequest(
                    block: ProofRequest.Node(index: block, nodes: 0),
                    upgrade: ProofRequest.Upgrade(start: 0, length: 9))
                let push = DataMessage(request: 0, fork: 0, proof: try whole.proof(of: parts))
                core.receive([.data(push)], from: PeerID(1))
            }
            #expect(core.invalidData.isEmpty && !core.replicator.isFrozen, "\(length) blocks")
            #expect(core.replicator.status(of: PeerID(1))?.isPaused == false, "\(length) blocks")
        }
    }

    @Test(arguments: [true, false])
    func aPushFindsAConflict(only: Bool) throws {
        let histories = try Histories(length: 8)
        var other = try histories.history(fork: 0, length: 3)
        try other.append((3..<8).map { histories.block($0, fork: 99) }, signedBy: histories.keyPair)
        var pushes = ReplicatorConfiguration()
        pushes.pushesAppended = true
        var network = Network(
            [
                TestCore("other", key: histories.key, log: other, configuration: pushes),
                try histories.core("reader", fork: 0, configuration: takesPushes(only: only)),
            ], seed: 5)
        network.connect(0, 1)
        try network.run()
        #expect(network.cores.allSatisfy { !$0.replicator.isFrozen }, "of one length nothing shows")
        let keyPair = histories.keyPair
        try network.with(0) { try $0.append([[1]], signedBy: keyPair) }
        try network.run()
        #expect(network.cores.allSatisfy { $0.replicator.isFrozen })
        #expect(network.cores.allSatisfy { $0.conflicts.map(\.length) == [8] })
        #expect(network.cores[1].log.head == histories.logs[0]?.head)
    }

    @Test func liesThatArePushedMakeUsAskForATreeOnceAtATime() throws {
        let histories = try Histories(length: 8)
        var core = try histories.core("core", fork: 0, configuration: takesPushes(only: true))
        core.log.clear(3..<4)
        core.open(PeerID(1))
        core.receive([.sync(.of(fork: 0, length: 8, remoteLength: 8))], from: PeerID(1))
        _ = core.takeOutbox()
        let lie = DataMessage(request: 0, fork: 0, proof: Proof(block: .init(index: 3, value: [1], nodes: [])))
        core.receive(Array(repeating: .data(lie), count: 500), from: PeerID(1))
        let requests = core.takeOutbox().compactMap { if case .request(let request) = $1 { request } else { nil } }
        #expect(requests.map(\.id) == [0])
        #expect(core.replicator.status(of: PeerID(1))?.isPaused == false, "what is asked of it may be true")
        let tree = try core.log.proof(of: requests[0].parts)
        core.receive([.data(DataMessage(request: 0, fork: 0, proof: tree))], from: PeerID(1))
        #expect(!core.replicator.isFrozen && core.invalidData.count == core.replicator.limits.invalidPushes)
    }
}
