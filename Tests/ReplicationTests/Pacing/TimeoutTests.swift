import MerkleTree
import Replication
import TestSupport
import Testing

/// Peers that do not answer, or too late.
@Suite struct TimeoutTests {
    @Test func whatAPeerDoesNotAnswerIsAskedOfAnother() throws {
        let world = try World(count: 60)
        var network = Network([world.writer("silent"), world.reader(), world.writer("other")], seed: 1)
        network.connect(0, 1)
        try network.run(until: 1000)
        network.cores[0].isStalled = true
        let token = network.with(1) { $0.download(.blocks(0..<60)) }
        try network.run(until: 1000 + 4000)
        #expect(network.cores[1].statistics(ofPeer: 0)?.counters.timeouts == 0)
        try network.run(until: 1000 + 12_000)
        let statistics = try #require(network.cores[1].statistics(ofPeer: 0))
        #expect(statistics.counters.timeouts >= 1)
        #expect(statistics.status.isBackingOff)
        #expect(network.cores[1].outcomes[token] == nil)
        network.connect(2, 1)
        try network.run(until: 1000 + 13_000)
        #expect(network.cores[1].outcomes[token] == .stored)
        world.expectWhole(network.cores[1].log, "from the other")
    }

    @Test func answersThatComeAfterTheirTimeAreTaken() throws {
        let world = try World(count: 60)
        var network = Network([world.writer("late"), world.reader()], seed: 1)
        network.connect(0, 1)
        try network.run(until: 1000)
        network.cores[0].isStalled = true
        let token = network.with(1) { $0.download(.blocks(0..<60)) }
        let timedOut = try network.run(until: 60_000) { $0.cores[1].statistics.timeouts == 1 }
        #expect(timedOut)
        let requests = network.cores[1].statistics.sent[.request]
        network.with(0) { $0.resume() }
        // The clock stands until they have come: nothing is asked twice.
        try network.run(until: network.time + 500)
        #expect(network.cores[1].outcomes[token] == .stored)
        world.expectWhole(network.cores[1].log, "late")
        #expect(network.cores[1].statistics.sent[.request] - requests <= 12, "only what had not been asked")
        #expect(network.cores[1].statistics.sent[.cancel] == 0)
        network.expectSettled()
    }

    @Test func aSilentPeerIsProbedMoreAndMoreRarely() throws {
        let world = try World(count: 60)
        var network = Network([world.writer("silent"), world.reader()], seed: 1)
        network.connect(0, 1)
        try network.run(until: 1000)
        network.cores[0].isStalled = true
        let token = network.with(1) { $0.download(.blocks(0..<60)) }
        try network.run(until: 3_600_000)
        let statistics = network.cores[1].statistics
        // 48 at first, and then one at a time, each given a minute and followed by another.
        #expect(statistics.sent[.request] < 60 + 48, "\(statistics.sent[.request])")
        #expect((20...45).contains(statistics.timeouts), "\(statistics.timeouts)")
        network.with(0) { $0.resume() }
        try network.run(until: 3_600_000 + 130_000)
        #expect(network.cores[1].outcomes[token] == .stored)
        network.expectSettled()
    }

    @Test func anUpgradeThatIsNotAnsweredIsAskedOfAnother() throws {
        let world = try World(count: 60)
        var network = Network([world.writer("silent"), world.reader(), world.writer("other")], seed: 1)
        network.cores[0].isStalled = true
        network.connect(0, 1)
        try network.run(until: 100)
        network.connect(2, 1)
        try network.run(until: 9000)
        #expect(network.cores[1].log.length == 0)
        try network.run(until: 12_000)
        #expect(network.cores[1].log.head == world.truth.head)
    }

    @Test func anUpdateDoesNotWaitForAPeerThatDoesNotAnswer() throws {
        let world = try World(count: 60)
        var network = Network([world.writer("silent"), world.reader()], seed: 1)
        network.cores[0].isStalled = true
        network.connect(0, 1)
        let token = network.with(1) { $0.update() }
        try network.run(until: 9000)
        #expect(network.cores[1].outcomes[token] == nil)
        try network.run(until: 11_000)
        #expect(network.cores[1].outcomes[token] == .updated(false))
    }

    @Test func whatWasFetchedElsewhereIsTakenBackFromAPeerThatComesBack() throws {
        let world = try World(count: 60)
        var network = Network([world.writer("late"), world.reader(), world.writer("other")], seed: 1)
        network.connect(0, 1)
        try network.run(until: 1000)
        network.cores[0].isStalled = true
        let token = network.with(1) { $0.download(.blocks(0..<60)) }
        let timedOut = try network.run(until: 60_000) { $0.cores[1].statistics.timeouts == 1 }
        #expect(timedOut)
        network.connect(2, 1)
        try network.run(until: network.time + 1000)
        #expect(network.cores[1].outcomes[token] == .stored)
        network.with(0) { $0.resume() }
        try network.run(until: network.time + 1000)
        #expect(network.cores[1].statistics.blocksDownloaded == 60, "none came twice")
        network.expectSettled()
    }

    @Test func aPeerThatRefusesWhatItSaidItHasIsLeftAloneForAWhile() throws {
        let world = try World(count: 20)
        var network = Network([world.writer("refuser"), world.reader(), world.writer("honest")], seed: 3)
        network.tamper = { sender, message in
            guard sender == 0, case .data(let data) = message, data.proof.block != nil else { return message }
            return .noData(NoDataMessage(request: data.request, reason: .notAvailable))
        }
        network.connect(0, 1)
        try network.run()
        let token = network.with(1) { $0.get(3) }
        try network.run(until: network.time + 45)
        #expect(network.cores[1].statistics(ofPeer: 0)?.status.isBackingOff == true)
        #expect(network.cores[1].statistics.backOffs == 1)
        network.connect(2, 1)
        try network.run(until: network.time + 100)
        #expect(network.cores[1].outcomes[token] != nil)
    }

    @Test func takingBackMoreThanAPeerHasAnsweredDoesNotSilenceItForGood() throws {
        let world = try World(count: 1000)
        var network = Network([world.writer(), world.reader()], seed: 4)
        network.connect(0, 1)
        try network.run()
        for _ in 0..<5 {
            // All are under way when they are taken back.
            let tokens = (0..<250 as Range<UInt64>).map { block in network.with(1) { $0.get(block) } }
            network.with(1) { core in
                core.turn { replicator, _, effects in
                    for token in tokens { replicator.cancel(token, into: &effects) }
                }
            }
        }
        let token = network.with(1) { $0.download(.blocks(0..<1000)) }
        try network.run()
        #expect(network.cores[1].outcomes[token] == .stored)
        network.expectSettled()
    }
}
