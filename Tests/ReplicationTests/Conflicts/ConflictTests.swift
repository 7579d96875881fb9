import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// Two histories of one fork, both validly signed: both sides find out, stop for good, and can show it.
@Suite struct ConflictTests {
    /// Two logs of one writer that share their first `common` blocks.
    private func logs(_ first: UInt64, _ second: UInt64, common: UInt64) throws -> (Histories, TestLog, TestLog) {
        let histories = try Histories(length: first)
        var other = try histories.history(fork: 0, length: common)
        if second > common {
            try other.append((common..<second).map { histories.block($0, fork: 99) }, signedBy: histories.keyPair)
        }
        return (histories, try #require(histories.logs[0]), other)
    }

    private func network(_ histories: Histories, _ logs: [TestLog], seed: UInt64) -> Network {
        Network(
            logs.enumerated().map { TestCore("core \($0)", key: histories.key, log: $1, seed: seed) }, seed: seed)
    }

    @Test func everyPairOfSmallHistoriesIsFoundToConflictOrNot() throws {
        for first in 1...8 as ClosedRange<UInt64> {
            for second in 1...8 as ClosedRange<UInt64> where first != second {
                for common in 0...min(first, second) {
                    let (histories, one, other) = try logs(first, second, common: common)
                    let name: Comment = "\(first) and \(second) blocks, \(common) in common"
                    var network = network(histories, [one, other], seed: first * 10 + second)
                    network.connect(0, 1)
                    try network.run()
                    guard common < min(first, second) else {
                        #expect(network.cores.allSatisfy { !$0.replicator.isFrozen }, name)
                        #expect(network.cores[0].log.head == network.cores[1].log.head, name)
                        continue
                    }
                    for core in network.cores {
                        try expectConflict(core, length: min(first, second), name)
                    }
                    #expect(network.cores[0].log.head == one.head && network.cores[1].log.head == other.head, name)
                    #expect(!network.links[0].isOpen, name)
                }
            }
        }
    }

    /// That a core is frozen, and that its conflict can be shown to somebody else.
    private func expectConflict(
        _ core: TestCore, length: UInt64, _ name: Comment, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(core.replicator.isFrozen, name, sourceLocation: sourceLocation)
        let conflict = try #require(core.conflicts.first, name, sourceLocation: sourceLocation)
        #expect(core.conflicts.count == 1, name, sourceLocation: sourceLocation)
        #expect(conflict.length == length && conflict.fork == 0, name, sourceLocation: sourceLocation)
        let authority = try #require(core.log.authority)
        // As somebody reads them who was sent the bytes.
        let ours = try FullyRemoteProof(decoding: conflict.ours.encoded[...]).verify(by: authority)
        let theirs = try FullyRemoteProof(decoding: conflict.theirs.encoded[...]).verify(by: authority)
        #expect(ours.head == core.log.head.tree, name, sourceLocation: sourceLocation)
        #expect(theirs.head.treeHash() != ours.head.treeHash(), name, sourceLocation: sourceLocation)
    }

    @Test func anUpdateWaitsUntilItIsKnownWhetherThereIsAConflict() throws {
        let (histories, one, other) = try logs(5, 8, common: 0)
        var network = network(histories, [one, other], seed: 3)
        network.connect(0, 1)
        let token = network.with(0) { $0.update() }
        try network.run()
        try expectConflict(network.cores[0], length: 5, "found by the update")
        #expect(network.cores[0].outcomes[token] == .refused)
    }

    @Test func historiesOfOneLengthAreFoundToConflictByABlock() throws {
        let (histories, one, other) = try logs(8, 8, common: 3)
        var sparse = one
        sparse.clear(6..<7)
        var network = network(histories, [sparse, other], seed: 3)
        network.connect(0, 1)
        try network.run()
        #expect(network.cores.allSatisfy { !$0.replicator.isFrozen }, "there was nothing to find out")
        let token = network.with(0) { $0.get(6) }
        try network.run()
        for core in network.cores { try expectConflict(core, length: 8, "a block that is another's") }
        #expect(network.cores[0].outcomes[token] == .refused)
    }

    @Test func nothingIsSaidAndNothingIsDoneOnceFrozen() throws {
        let (histories, one, other) = try logs(8, 9, common: 3)
        var network = network(histories, [one, other], seed: 3)
        network.connect(0, 1)
        let waiting = network.with(0) { $0.get(100) }
        try network.run()
        var core = network.cores[0]
        #expect(core.outcomes[waiting] == .refused)
        _ = core.takeOutbox()
        let get = core.get(2)
        let range = core.download(.live())
        let update = core.update()
        #expect([get, range, update].allSatisfy { core.outcomes[$0] == .refused })
        try core.append([[1]], signedBy: histories.keyPair)
        core.clear(0..<1)
        core.open(PeerID(5))
        for message in HostilityTests.messages() { core.receive([message], from: PeerID(5)) }
        core.advance(by: 10_000)
        #expect(core.takeOutbox().isEmpty && core.commits.isEmpty)
        #expect(core.closedChannels.last == PeerID(5))
    }

    @Test func aRestartStaysFrozen() throws {
        let histories = try Histories(length: 8)
        var core = TestCore("frozen", key: histories.key, log: try #require(histories.logs[0]), isFrozen: true)
        core.open(PeerID(1))
        #expect(core.takeOutbox().isEmpty)
        #expect(core.closedChannels == [PeerID(1)])
        #expect(core.replicator.openPeers.isEmpty)
        let token = core.get(9)
        #expect(core.outcomes[token] == .refused)
    }

    @Test func everyPeerOfTheForkIsTold() throws {
        let (histories, one, other) = try logs(8, 9, common: 3)
        var reader = TestCore("reader", key: histories.key, log: try histories.history(fork: 0, length: 0))
        reader.log = try histories.history(fork: 0, length: 5)
        let empty = TestCore("empty", key: histories.key)
        var network = Network(
            [
                TestCore("one", key: histories.key, log: one), TestCore("other", key: histories.key, log: other),
                reader, empty,
            ],
            seed: 6)
        network.connect(0, 2)
        network.connect(0, 3)
        try network.run()
        #expect(network.cores[2].log.head == one.head && network.cores[3].log.head == one.head)
        network.connect(1, 2)
        try network.run()
        #expect(network.cores[1].replicator.isFrozen && network.cores[2].replicator.isFrozen)
        #expect(network.links.filter { $0.ends.0 == 2 || $0.ends.1 == 2 }.allSatisfy { !$0.isOpen })
        // What it was told is its own history: it has seen no other, and goes on.
        #expect(!network.cores[0].replicator.isFrozen)
        #expect(network.cores[0].invalidData.isEmpty)
    }

    // MARK: No conflict

    @Test func aPeerThatOnceSentNonsenseAndHasOurHistoryIsTrustedAgain() throws {
        let world = try World(count: 40)
        for lies in 0...6 {
            var network = Network([world.writer("clumsy"), world.reader()], seed: 3)
            var told = 0
            network.tamper = { sender, message in
                guard sender == 0, case .data(var data) = message, data.proof.block != nil, told < lies else {
                    return message
                }
                told += 1
                data.proof.block?.value = [9, 9]
                return .data(data)
            }
            let token = network.with(1) { $0.download(.blocks(0..<40)) }
            network.connect(0, 1)
            try network.run()
            world.expectPart(network.cores[1].log, "\(lies) lies")
            let isPaused = network.cores[1].replicator.status(of: network.links[0].peer(of: 1))?.isPaused
            #expect(network.cores[1].outcomes[token] == (isPaused == true ? nil : .stored), "\(lies) lies")
            #expect(!network.cores[1].replicator.isFrozen)
            if lies == 0 { #expect(isPaused == false) }
            if lies == 1 { #expect(isPaused == false && network.cores[1].invalidData.count == 1) }
        }
    }

    @Test func aPeerThatGoesOnLyingIsPardonedOnlySoOften() throws {
        let world = try World(count: 5)
        var core = TestCore("reader", key: world.key, log: world.holder("", of: { _ in false }).log)
        core.open(PeerID(1))
        core.receive(
            [.sync(.of(fork: 0, length: 5, remoteLength: 5)), .range(RangeMessage(start: 0, length: 5))],
            from: PeerID(1))
        _ = core.get(2)
        var checks = 0
        for _ in 0..<100 {
            for case .request(let request) in core.takeOutbox().map(\.message) {
                var proof = try world.truth.proof(of: request.parts)
                if request.id == 0 { checks += 1 }
                proof.block?.value = [1, 2, 3]
                core.receive([.data(DataMessage(request: request.id, fork: 0, proof: proof))], from: PeerID(1))
            }
        }
        #expect(checks == core.replicator.limits.pardons + 1)
        #expect(core.replicator.status(of: PeerID(1))?.isPaused == true)
        #expect(!core.replicator.isFrozen)
    }

    @Test func forgedProofsFreezeNothing() throws {
        let (histories, one, other) = try logs(8, 9, common: 3)
        let good = try other.proof(of: ProofRequest(upgrade: .init(start: 0, length: 8)))
        var forged: [(String, Proof)] = []
        func change(_ name: String, _ change: (inout Proof.Upgrade) -> Void) {
            var proof = good
            if var upgrade = proof.upgrade {
                change(&upgrade)
                proof.upgrade = upgrade
            }
            forged.append((name, proof))
        }
        change("a hash") { $0.nodes[0].hash = .zero }
        change("a size") { $0.nodes[0].size += 1 }
        change("a signature") { $0.signature?[20] ^= 1 }
        change("no signature") { $0.signature = nil }
        change("the additional nodes") { $0.additionalNodes = [] }
        change("our signature") { $0.signature = one.head.signature }
        change("a start") { $0.start = 1 }
        change("a length") { $0.length = (1 << 53) - 1 }
        for (name, proof) in forged {
            var core = TestCore("core", key: histories.key, log: one)
            core.open(PeerID(1))
            core.receive([.sync(.of(fork: 0, length: 9))], from: PeerID(1))
            core.receive([.data(DataMessage(request: 0, fork: 0, proof: proof))], from: PeerID(1))
            #expect(!core.replicator.isFrozen && core.conflicts.isEmpty, "\(name)")
        }
        // Of another fork, or longer than ours, they say nothing.
        for (fork, log) in [(1, one), (0, try histories.history(fork: 0, length: 7))] as [(UInt64, TestLog)] {
            var core = TestCore("core", key: histories.key, log: log)
            core.open(PeerID(1))
            core.receive([.data(DataMessage(request: 0, fork: fork, proof: good))], from: PeerID(1))
            #expect(!core.replicator.isFrozen && core.invalidData.isEmpty)
        }
        var core = TestCore("core", key: histories.key, log: one)
        core.open(PeerID(1))
        core.receive([.data(DataMessage(request: 0, fork: 0, proof: good))], from: PeerID(1))
        #expect(core.replicator.isFrozen, "and the true one does")
    }

    @Test func aFloodOfProofsIsNotLookedAt() throws {
        let (histories, one, other) = try logs(8, 9, common: 3)
        let same = try one.proof(of: ProofRequest(upgrade: .init(start: 0, length: 8)))
        let conflicting = try other.proof(of: ProofRequest(upgrade: .init(start: 0, length: 8)))
        var core = TestCore("core", key: histories.key, log: one)
        core.open(PeerID(1))
        for _ in 0..<core.replicator.limits.untrackedProofs {
            core.receive([.data(DataMessage(request: 0, fork: 0, proof: same))], from: PeerID(1))
        }
        core.receive([.data(DataMessage(request: 0, fork: 0, proof: conflicting))], from: PeerID(1))
        #expect(!core.replicator.isFrozen, "this peer has said enough")
        core.open(PeerID(2))
        core.receive([.data(DataMessage(request: 0, fork: 0, proof: conflicting))], from: PeerID(2))
        #expect(core.replicator.isFrozen)
    }

    @Test func aPeerThatHasSaidEnoughIsStillHeardWhenItIsAsked() throws {
        let (histories, one, other) = try logs(8, 9, common: 3)
        let same = try one.proof(of: ProofRequest(upgrade: .init(start: 0, length: 8)))
        var core = TestCore("core", key: histories.key, log: one)
        core.open(PeerID(1))
        for _ in 0..<2 * core.replicator.limits.untrackedProofs {
            core.receive([.data(DataMessage(request: 0, fork: 0, proof: same))], from: PeerID(1))
        }
        _ = core.takeOutbox()
        core.receive([.sync(.of(fork: 0, length: 9, remoteLength: 8, canUpgrade: true))], from: PeerID(1))
        var asked = 0
        while let request = core.takeOutbox().lazy.compactMap({
            if case .request(let request) = $1 { request } else { nil }
        }).first {
            let proof = try other.proof(of: request.parts)
            core.receive([.data(DataMessage(request: request.id, fork: 0, proof: proof))], from: PeerID(1))
            asked += 1
        }
        #expect(asked == 2 && core.replicator.isFrozen, "an upgrade, and then the whole tree")
    }

    @Test func whatCannotBeComparedIsNoConflict() throws {
        let (histories, one, other) = try logs(8, 7, common: 3)
        var sparse = one
        // The roots of 7 blocks are 3, 9 and 12.
        sparse.forgetNodes { $0 == 12 }
        let proof = try other.proof(of: ProofRequest(upgrade: .init(start: 0, length: 7)))
        var core = TestCore("core", key: histories.key, log: sparse)
        core.open(PeerID(1))
        core.receive([.data(DataMessage(request: 0, fork: 0, proof: proof))], from: PeerID(1))
        #expect(!core.replicator.isFrozen && core.invalidData.isEmpty)
    }

    @Test func aHigherForkIsNoConflict() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 4, length: 20)
        var network = Network(
            [try histories.core("new", fork: 1), try histories.core("old", fork: 0)], seed: 3)
        let token = network.with(1) { $0.download(.blocks(0..<20)) }
        network.connect(0, 1)
        try network.run()
        #expect(network.cores.allSatisfy { !$0.replicator.isFrozen })
        #expect(network.cores[1].outcomes[token] == .stored)
    }
}
