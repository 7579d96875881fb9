import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// Several forks, peers that come and go, logs that change meanwhile.
@Suite struct ForkCandidateTests {
    @Test func theHighestForkWins() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var histories = try Histories(length: 20)
            for fork in 1...6 as ClosedRange<UInt64> {
                let base = UInt64.random(in: 0..<fork, using: &generator)
                let baseLength = try #require(histories.logs[base]).length
                let kept = UInt64.random(in: 0...baseLength, using: &generator)
                let length = max(kept + UInt64.random(in: 0...12, using: &generator), 1)
                try histories.add(fork: fork, keeping: kept, of: base, length: length)
            }
            let forks = (1...6 as ClosedRange<UInt64>).shuffled(using: &generator)
            let peers = try forks.map { try histories.core("fork \($0)", fork: $0) }
            var network = Network([try histories.core("reader", fork: 0, seed: seed)] + peers, seed: seed)
            for peer in 1...6 { network.connect(0, peer) }
            try network.run()
            histories.expectHead(network.cores[0].log, fork: 6, "seed \(seed)")
            let path = network.cores[0].reorganizations.map(\.head.tree.fork)
            #expect(path == path.sorted() && path.count <= 3, "seed \(seed): went through \(path)")
            network.expectSettled()
        }
    }

    @Test func aSearchGoesOnWithAnotherPeer() throws {
        var histories = try Histories(length: 64)
        try histories.add(fork: 1, keeping: 37, length: 60)
        for events in 1...30 {
            var network = Network(
                [
                    try histories.core("first", fork: 1), try histories.core("second", fork: 1),
                    try histories.core("reader", fork: 0),
                ], seed: UInt64(events))
            let link = network.connect(0, 2)
            try network.run(events: events)
            network.disconnect(link)
            try network.run()
            network.connect(1, 2)
            try network.run()
            histories.expectHead(network.cores[2].log, fork: 1, "gone after \(events) events")
            #expect(network.cores[2].reorganizations.map(\.ancestorLength) == [37])
            network.expectSettled()
        }
    }

    @Test func aVerifiedHeadOutlivesThePeerItCameFrom() throws {
        var histories = try Histories(length: 64)
        try histories.add(fork: 1, keeping: 37, length: 60)
        var network = Network(
            [try histories.core("first", fork: 1), try histories.core("reader", fork: 0)], seed: 1)
        network.tamper = { sender, message in
            if sender == 0, case .data(let data) = message, data.proof.hash != nil { nil } else { message }
        }
        let link = network.connect(0, 1)
        try network.run(until: 60_000)
        #expect(network.cores[1].replicator.forks.candidates.map(\.fork) == [1])
        network.disconnect(link)
        try network.run()
        #expect(network.cores[1].replicator.forks.candidates.map(\.fork) == [1])
        network.tamper = { sender, message in
            if case .request(let request) = message { #expect(request.parts.upgrade == nil, "the head is known") }
            return message
        }
        network.connect(0, 1)
        try network.run()
        histories.expectHead(network.cores[1].log, fork: 1, "with the same peer again")
    }

    @Test(arguments: [ForkPart.head, .path])
    func aPeerThatDoesNotAnswerIsPassedOver(withheld: ForkPart) throws {
        var histories = try Histories(length: 64)
        try histories.add(fork: 1, keeping: 37, length: 60)
        var limits = ReplicationLimits()
        limits.forkPatience = 100
        var network = Network(
            [
                try histories.core("silent", fork: 1), try histories.core("honest", fork: 1),
                try histories.core("reader", fork: 0, limits: limits),
            ], seed: 3)
        network.tamper = { sender, message in
            if sender == 0, case .data(let data) = message, withheld.isIn(data) { nil } else { message }
        }
        network.connect(0, 2)
        let update = network.with(2) { $0.update() }
        try network.run(until: 200)
        #expect(network.cores[2].outcomes[update] == .updated(false), "it is not waited for any longer")
        network.connect(1, 2)
        try network.run(until: network.time + 1000)
        histories.expectHead(network.cores[2].log, fork: 1, "\(withheld)")
    }

    @Test func aForgedHigherForkDelaysATrueOneByNoMoreThanThePatience() throws {
        var histories = try Histories(length: 20)
        try histories.add(fork: 1, keeping: 7, length: 12)
        var network = Network(
            [try histories.core("honest", fork: 1), try histories.core("reader", fork: 0)], seed: 3)
        network.with(1) { core in
            core.open(PeerID(1))
            core.receive([.sync(.of(fork: (1 << 53) - 1, length: 99))], from: PeerID(1))
        }
        network.connect(0, 1)
        try network.run(until: network.cores[1].replicator.limits.forkPatience + 200)
        histories.expectHead(network.cores[1].log, fork: 1, "the true one")
    }

    @Test func aLogThatGrowsMeanwhileIsMovedAllTheSame() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var histories = try Histories(length: 40)
            try histories.add(fork: 1, keeping: 22, length: 50)
            var network = Network(
                [try histories.core("other", fork: 1), try histories.core("writer", fork: 0)], seed: seed)
            network.connect(0, 1)
            let keyPair = histories.keyPair
            for _ in 0..<8 {
                try network.run(events: Int.random(in: 0...3, using: &generator))
                guard network.cores[1].log.head.tree.fork == 0 else { break }
                // A commit that is under way loses the race, and is made again.
                try network.with(1) { try $0.append([[1, 2, 3]], signedBy: keyPair) }
            }
            try network.run()
            histories.expectHead(network.cores[1].log, fork: 1, "seed \(seed)")
            #expect(network.cores[1].reorganizations.map(\.ancestorLength) == [22], "seed \(seed)")
        }
    }

    @Test func aLogThatIsTruncatedMeanwhileIsComparedAgain() throws {
        for seed in 1...40 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var histories = try Histories(length: 40)
            try histories.add(fork: 1, keeping: 15, length: 17)
            try histories.add(fork: 5, keeping: 22, length: 50)
            var network = Network(
                [try histories.core("other", fork: 5), try histories.core("writer", fork: 0)], seed: seed)
            network.connect(0, 1)
            try network.run(events: Int.random(in: 1...12, using: &generator))
            let keyPair = histories.keyPair
            if network.cores[1].log.head.tree.fork == 0 {
                try network.with(1) { try $0.truncate(to: 15, signedBy: keyPair) }
            }
            try network.run()
            histories.expectHead(network.cores[1].log, fork: 5, "seed \(seed)")
            network.expectSettled()
        }
    }

    @Test func commitsThatFailAreMadeAgain() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var histories = try Histories(length: 40)
            try histories.add(fork: 1, keeping: 22, length: 50)
            var network = Network(
                [try histories.core("other", fork: 1), try histories.core("reader", fork: 0)], seed: seed)
            network.failingCommits = 60
            let token = network.with(1) { $0.download(.blocks(0..<50)) }
            network.connect(0, 1)
            try network.run()
            histories.expectWhole(network.cores[1].log, fork: 1, "seed \(seed)")
            #expect(network.cores[1].outcomes[token] == .stored, "seed \(seed)")
            network.expectSettled()
        }
    }

    @Test func aPeerThatForksInTheMiddleOfADownloadIsFollowed() throws {
        for seed in 1...30 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var histories = try Histories(length: 60)
            let cut = UInt64.random(in: 0...60, using: &generator)
            try histories.add(fork: 1, keeping: cut, length: cut + 5)
            var network = Network(
                [try histories.core("writer", fork: 0), TestCore("reader", key: histories.key, seed: seed)], seed: seed)
            network.connect(0, 1)
            _ = network.with(1) { $0.download(.live()) }
            try network.run(events: Int.random(in: 0...25, using: &generator))
            let keyPair = histories.keyPair
            let values = (cut..<cut + 5).map { histories.block($0, fork: 1) }
            try network.with(0) {
                try $0.truncate(to: cut, signedBy: keyPair)
                try $0.append(values, signedBy: keyPair)
            }
            try network.run()
            histories.expectWhole(network.cores[1].log, fork: 1, "seed \(seed)")
            #expect(network.cores[1].invalidData.isEmpty, "seed \(seed): \(network.cores[1].invalidData)")
            #expect(network.cores[1].replicator.peers.all[0].conduct.isPaused == false, "seed \(seed)")
            network.expectSettled()
        }
    }
}

/// A part of what a fork is proven by.
enum ForkPart: CaseIterable {
    case head
    case path

    func isIn(_ data: DataMessage) -> Bool {
        switch self {
        case .head: data.proof.upgrade?.start == 0
        case .path: data.proof.hash != nil
        }
    }
}

extension SyncMessage {
    /// That of a peer that has a history whole and wants nothing.
    static func of(fork: UInt64, length: UInt64, remoteLength: UInt64 = 0, canUpgrade: Bool = false) -> SyncMessage {
        SyncMessage(
            fork: fork, length: length, remoteLength: remoteLength, canUpgrade: canUpgrade, isUploading: true,
            isDownloading: false, hasManifest: true, allowsPush: false)
    }
}
