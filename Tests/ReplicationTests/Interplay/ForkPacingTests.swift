import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// Peers that are slow or silent while forks are looked into, and requests of a fork that was left.
@Suite struct ForkPacingTests {
    @Test func requestsOfAForkThatWasLeftAreNotTakenOverAndTheirAnswersNotTaken() throws {
        var histories = try Histories(length: 40)
        try histories.add(fork: 1, keeping: 8, length: 40)
        var reader = try histories.core("reader", fork: 0)
        reader.log.clear(0..<40)
        var network = Network(
            [
                reader, try histories.core("old", fork: 0), try histories.core("new", fork: 1),
                try histories.core("new too", fork: 1),
            ], seed: 6)
        network.connect(0, 1)
        try network.run()
        network.cores[1].isStalled = true
        let token = network.with(0) { $0.download(.blocks(0..<40)) }
        #expect(network.cores[0].replicator.flights.count == 40)
        network.connect(0, 2)
        network.connect(0, 3)
        try network.run(until: 5000)
        histories.expectWhole(network.cores[0].log, fork: 1, "from the others")
        #expect(network.cores[0].outcomes[token] == .stored)
        #expect(network.cores[0].replicator.flights.count == 0)
        #expect(network.cores[0].statistics.hotSwaps == 0)
        let awaited = try #require(network.cores[0].replicator.peers.all.first)
        #expect(awaited.requests.count == 40 && awaited.requests.all.allSatisfy(\.isObsolete))
        try network.run(until: 11_000)
        #expect(network.cores[0].statistics.timeouts == 1, "it is silent all the same")
        #expect(network.cores[0].timedOutRequests == [0], "but nothing is asked of others for that")
        network.with(1) { $0.resume() }
        try network.run()
        #expect(network.cores[0].statistics.blocksDownloaded == 40, "each once")
        #expect(network.cores[0].statistics.backOffs == 0 && network.cores[0].invalidData.isEmpty)
        #expect(network.cores.allSatisfy { $0.log.head.tree.fork == 1 })
        network.expectSettled()
    }

    @Test func theAnswerToAQuestionThatComesAfterItsTimeIsTaken() throws {
        for part in ForkPart.allCases {
            var histories = try Histories(length: 40)
            try histories.add(fork: 1, keeping: 8, length: 40)
            var network = Network(
                [try histories.core("reader", fork: 0), try histories.core("slow", fork: 1)], seed: 6)
            network.connect(0, 1)
            let isAsked = try network.run(until: 5000) { network in
                network.cores[0].replicator.peers.all[0].requests.all.contains { request in
                    part == .head ? request.forkSubject == .head : request.forkSubject != .head && request.isAboutFork
                }
            }
            #expect(isAsked)
            network.cores[1].isStalled = true
            try network.run(until: network.time + 10_500)
            #expect(network.cores[0].statistics.timeouts == 1)
            #expect(network.cores[0].replicator.peers.all[0].forkQuestion == nil, "another could be asked")
            let asked = network.cores[0].statistics.sent[.request]
            network.with(1) { $0.resume() }
            let hasArrived = try network.run(until: network.time + 1000) { network in
                network.cores[0].statistics.received[.data] == asked
            }
            #expect(hasArrived, "\(part)")
            try network.run()
            histories.expectHead(network.cores[0].log, fork: 1, "\(part)")
            #expect(network.cores[0].statistics.backOffs == 0, "\(part): nobody is to blame")
            #expect(network.cores[0].reorganizations.count == 1)
            network.expectSettled()
        }
    }

    @Test func whoeverAnswersAboutAForkThatWasDroppedIsNotToBlame() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var histories = try Histories(length: 30)
            for fork in 1...6 as ClosedRange<UInt64> { try histories.add(fork: fork, keeping: 3 * fork, length: 30) }
            var limits = ReplicationLimits()
            limits.forkCandidates = 1
            let peers = try (1...6).map { try histories.core("fork \($0)", fork: UInt64($0)) }
            var network = Network([try histories.core("reader", fork: 0, limits: limits)] + peers, seed: seed)
            for peer in 1...6 { network.connect(0, peer) }
            try network.run()
            let core = network.cores[0]
            histories.expectHead(core.log, fork: 6, "seed \(seed)")
            #expect(core.statistics.backOffs == 0 && core.statistics.timeouts == 0, "seed \(seed)")
            for peer in core.replicator.peers.all {
                #expect(peer.requests.count == 0 && peer.forkQuestion == nil, "seed \(seed)")
                #expect(peer.pace.backOffEnd == nil && !peer.conduct.isPaused, "seed \(seed)")
            }
            network.expectSettled()
        }
    }

    @Test func aQuestionTakesTheRoomOfARequestAndIsWaitedForLikeOne() throws {
        var histories = try Histories(length: 40)
        try histories.add(fork: 1, keeping: 8, length: 40)
        var core = try histories.core("reader", fork: 0)
        core.open(PeerID(1))
        core.receive([.sync(.of(fork: 1, length: 40))], from: PeerID(1))
        #expect(core.replicator.status(of: PeerID(1))?.requestCount == 1)
        #expect(core.replicator.nextDeadline == core.replicator.limits.forkPatience)
        core.advance(by: core.replicator.limits.firstTimeout)
        #expect(core.statistics.timeouts == 1)
        #expect(core.replicator.status(of: PeerID(1))?.isBackingOff == true)
        core.advance(by: core.replicator.limits.longestTimeout)
        let requests = core.takeOutbox().filter { if case .request = $1 { true } else { false } }
        #expect(requests.count >= 2, "asked again, after it was left alone")
    }
}

extension TestCore {
    /// How many requests each time-out has made free.
    fileprivate var timedOutRequests: [Int] {
        events.compactMap { if case .timedOut(_, let count) = $0 { count } else { nil } }
    }
}
