import CompactEncoding
import Crypto
import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// Lies about forks: the log stays as it is, and is moved once somebody tells the truth.
@Suite struct ForkHostilityTests {
    typealias Lie = @Sendable (inout DataMessage) -> Void

    /// Every part of a head, changed in every way that the part has.
    static let headLies: [(name: String, lie: Lie)] = [
        ("a node's hash", { $0.proof.upgrade?.nodes[0].hash = .zero }),
        ("a node's size", { $0.proof.upgrade?.nodes[0].size += 1 }),
        ("a node's index", { $0.proof.upgrade?.nodes[0].index += 4 }),
        ("a node too few", { $0.proof.upgrade?.nodes.removeLast() }),
        ("no nodes", { $0.proof.upgrade?.nodes = [] }),
        ("an additional node", { $0.proof.upgrade?.additionalNodes.append(TreeNode(index: 88, size: 1, hash: .zero)) }),
        ("another length", { $0.proof.upgrade?.length -= 1 }),
        ("a huge length", { $0.proof.upgrade?.length = (1 << 53) - 1 }),
        ("another start", { $0.proof.upgrade?.start = 1 }),
        ("a changed signature", { $0.proof.upgrade?.signature?[10] ^= 1 }),
        ("no signature", { $0.proof.upgrade?.signature = nil }),
        ("an empty signature", { $0.proof.upgrade?.signature = [] }),
        ("another fork", { $0.fork += 1 }),
        ("our own fork", { $0.fork = 0 }),
        ("no head", { $0.proof.upgrade = nil }),
        ("a path that was not asked", { $0.proof.hash = Proof.Hash(index: 0, nodes: []) }),
        ("a block that was not asked", { $0.proof.block = Proof.Block(index: 0, value: [1], nodes: []) }),
    ]

    /// And every part of a path on the way to the ancestor.
    static let pathLies: [(name: String, lie: Lie)] = [
        ("a leaf's hash", { $0.proof.hash?.nodes[0].hash = .zero }),
        ("a leaf's size", { $0.proof.hash?.nodes[0].size += 1 }),
        ("a sibling's hash", { $0.proof.hash?.nodes[1].hash = .zero }),
        ("a sibling's index", { $0.proof.hash?.nodes[1].index += 4 }),
        ("a node too few", { $0.proof.hash?.nodes.removeLast() }),
        ("a node too many", { $0.proof.hash?.nodes.append(TreeNode(index: 1 << 50, size: 1, hash: .zero)) }),
        ("no nodes", { $0.proof.hash?.nodes = [] }),
        ("nodes in another order", { $0.proof.hash?.nodes.reverse() }),
        ("another leaf", { $0.proof.hash?.index += 2 }),
        ("another fork", { $0.fork += 1 }),
        ("no path", { $0.proof.hash = nil }),
    ]

    private func histories() throws -> Histories {
        var histories = try Histories(length: 64)
        try histories.add(fork: 1, keeping: 37, length: 45)
        return histories
    }

    /// Nothing may happen to the log as long as only the liar is there.
    private func refuse(_ name: String, part: ForkPart, _ lie: @escaping (inout DataMessage) -> Void) throws {
        let histories = try histories()
        var network = Network(
            [
                try histories.core("liar", fork: 1), try histories.core("reader", fork: 0),
                try histories.core("honest", fork: 1),
            ], seed: 8)
        var lies = 0
        network.tamper = { sender, message in
            guard sender == 0, case .data(var data) = message, part.isIn(data) else { return message }
            let before = data
            lie(&data)
            if data != before { lies += 1 }
            return .data(data)
        }
        network.connect(0, 1)
        try network.run()
        let reader = network.cores[1]
        #expect(lies > 0, "\(name): nothing was changed")
        histories.expectWhole(reader.log, fork: 0, "\(name)")
        #expect(reader.reorganizations.isEmpty, "\(name)")
        #expect(reader.replicator.status(of: network.links[0].peer(of: 1))?.isPaused == true, "\(name)")
        #expect(lies <= reader.replicator.limits.uselessAnswers, "\(name): it is asked again and again")
        network.connect(2, 1)
        try network.run()
        histories.expectHead(network.cores[1].log, fork: 1, "\(name), with an honest peer")
        network.expectSettled()
    }

    @Test(arguments: headLies.indices)
    func aLieAboutAHeadIsRefused(number: Int) throws {
        let (name, lie) = Self.headLies[number]
        try refuse(name, part: .head, lie)
    }

    @Test(arguments: pathLies.indices)
    func aLieAboutAPathIsRefused(number: Int) throws {
        let (name, lie) = Self.pathLies[number]
        try refuse(name, part: .path, lie)
    }

    @Test func truthsInTheWrongPlaceAreRefused() throws {
        let histories = try histories()
        let own = try #require(histories.logs[0])
        var older = try Histories(length: 64)
        try older.add(fork: 1, keeping: 37, length: 41)
        let olderHead = try #require(older.logs[1])
        let whole = ProofRequest(upgrade: ProofRequest.Upgrade(start: 0, length: 41))
        let ownHead = try own.proof(of: whole)
        let shorter = try olderHead.proof(of: whole)
        let ownPath = try own.proof(of: ProofRequest(hash: ProofRequest.Node(index: 74, nodes: 3)))
        try refuse("our own head as one of the fork", part: .head) { $0.proof = ownHead }
        try refuse("an older head of the fork", part: .head) { $0.proof = shorter }
        try refuse("our own path as one of the fork", part: .path) {
            if let index = $0.proof.hash?.index,
                let proof = try? own.proof(
                    of: ProofRequest(
                        hash: ProofRequest.Node(index: index, nodes: UInt64($0.proof.hash?.nodes.count ?? 1) - 1)))
            {
                $0.proof = $0.proof == proof ? ownPath : proof
            }
        }
    }

    @Test func aRandomlyChangedByteNeverMovesALog() throws {
        let histories = try histories()
        for seed in 1...60 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var network = Network(
                [
                    try histories.core("liar", fork: 1), try histories.core("reader", fork: 0),
                    try histories.core("honest", fork: 1),
                ], seed: seed)
            network.tamper = { sender, message in
                guard sender == 0, case .data = message, Bool.random(using: &generator) else { return message }
                return message.changingAByte(using: &generator)
            }
            network.connect(0, 1)
            network.connect(2, 1)
            let token = network.with(1) { $0.download(.blocks(0..<45)) }
            try network.run()
            histories.expectPart(network.cores[1].log, "seed \(seed)")
            histories.expectHead(network.cores[1].log, fork: 1, "seed \(seed)")
            #expect(network.cores[1].outcomes[token] == .stored, "seed \(seed)")
        }
    }

    // MARK: Floods

    @Test func aPeerThatChangesItsForkAllTheTimeIsAskedOneThingAtATime() throws {
        let histories = try histories()
        var core = try histories.core("reader", fork: 0)
        core.open(PeerID(1))
        _ = core.takeOutbox()
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            let fork = UInt64.random(in: 0...(1 << 53) - 1, using: &generator)
            let length = UInt64.random(in: 0...(1 << 53) - 1, using: &generator)
            core.receive([.sync(.of(fork: fork, length: length))], from: PeerID(1))
        }
        #expect(core.takeOutbox().filter { if case .request = $1 { true } else { false } }.count == 1)
        #expect(core.replicator.forks.candidates.isEmpty)
        histories.expectWhole(core.log, fork: 0, "it stays")
    }

    @Test func aPeerThatNamesAForkAndAnswersNothingIsLeftAloneInTheEnd() throws {
        let histories = try histories()
        for reason in [NoDataMessage.Reason.notAvailable, .invalidRequest, .unspecified] {
            var core = try histories.core("reader", fork: 0)
            core.open(PeerID(1))
            _ = core.takeOutbox()
            var asked = 0
            for _ in 0..<100 {
                core.receive([.sync(.of(fork: 77, length: 12))], from: PeerID(1))
                for case .request(let request) in core.takeOutbox().map(\.message) {
                    asked += 1
                    core.receive([.noData(NoDataMessage(request: request.id, reason: reason))], from: PeerID(1))
                }
                core.advance(by: core.replicator.limits.longestRefusalBackOff)
            }
            #expect(asked == core.replicator.limits.uselessAnswers)
            histories.expectWhole(core.log, fork: 0, "it stays")
        }
    }

    @Test func answersThatComeTwiceOrUnaskedAreIgnored() throws {
        let histories = try histories()
        let other = try #require(histories.logs[1])
        var core = try histories.core("reader", fork: 0)
        core.open(PeerID(1))
        core.open(PeerID(2))
        _ = core.takeOutbox()
        let head = try other.proof(of: ProofRequest(upgrade: ProofRequest.Upgrade(start: 0, length: 45)))
        for id in [0, 1, 2] as [UInt64] {
            core.receive([.data(DataMessage(request: id, fork: 1, proof: head))], from: PeerID(1))
        }
        #expect(core.replicator.forks.candidates.isEmpty)
        core.receive([.sync(.of(fork: 1, length: 45)), .range(RangeMessage(start: 0, length: 45))], from: PeerID(1))
        var steps = 0
        while let (_, message) = core.takeOutbox().last, case .request(let request) = message, steps < 20 {
            let data = DataMessage(request: request.id, fork: 1, proof: try other.proof(of: request.parts))
            // From another than the one that was asked, it is of no account.
            core.receive([.data(data)], from: PeerID(2))
            #expect(core.replicator.status(of: PeerID(1))?.requestCount == 1)
            core.receive([.data(data), .data(data)], from: PeerID(1))
            steps += 1
        }
        try core.finishCommit()
        histories.expectHead(core.log, fork: 1, "after \(steps) answers")
        #expect(core.invalidData.isEmpty)
    }

    @Test func manyTrueForksThatLeadNowhereTakeBoundedMemory() throws {
        var histories = try Histories(length: 20)
        for fork in 1...10 as ClosedRange<UInt64> { try histories.add(fork: fork, keeping: 7, length: 19) }
        let peers = try (1...10).map { try histories.core("fork \($0)", fork: UInt64($0)) }
        var limits = ReplicationLimits()
        limits.forkPatience = 20
        var network = Network([try histories.core("reader", fork: 0, limits: limits)] + peers, seed: 4)
        network.tamper = { sender, message in
            if sender > 0, case .data(let data) = message, data.proof.hash != nil { nil } else { message }
        }
        for peer in 1...10 { network.connect(0, peer) }
        // Those who do not answer are asked again and again, more and more rarely.
        try network.run(until: 300_000)
        #expect(network.cores[0].replicator.forks.candidates.map(\.fork) == [7, 8, 9, 10])
        histories.expectWhole(network.cores[0].log, fork: 0, "nobody answers")
    }

    @Test func aForkThatCannotBeSentIsNotRead() {
        for fork in [1 << 53, UInt64.max] {
            var writer = ByteWriter()
            writer.uint(2)
            var body = writer.take() + [0xff]
            for shift in 0..<8 { body.append(UInt8(truncatingIfNeeded: fork >> (8 * UInt64(shift)))) }
            #expect(throws: CompactDecodingError.self) {
                try WireMessage.decode(type: WireMessage.Kind.sync.rawValue, body: (body + [1, 1])[...])
            }
        }
    }
}

extension WireMessage {
    /// The message with one bit changed; itself where that cannot be read any more.
    func changingAByte(using generator: inout SeededGenerator) -> WireMessage {
        var writer = ByteWriter()
        encode(into: &writer)
        var bytes = writer.take()
        bytes[Int.random(in: bytes.indices, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        return (try? WireMessage.decode(type: kind.rawValue, body: bytes[...])) ?? self
    }
}
