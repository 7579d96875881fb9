import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import Replication
import TestSupport
import Testing

/// A peer that lies: nothing of it is stored, it is not asked again, and another peer is.
@Suite struct TamperingTests {
    /// Every part of an answer, changed in every way that the part has.
    static let lies: [(name: String, lie: @Sendable (inout DataMessage) -> Void)] = [
        ("another block's bytes", { $0.proof.block?.value = [1, 2, 3] }),
        ("a block cut short", { $0.proof.block?.value.removeLast() }),
        ("a block made longer", { $0.proof.block?.value.append(0) }),
        ("a bit of a block", { $0.proof.block?.value.changeFirstBit() }),
        ("a node's hash", { $0.proof.block?.nodes.changeFirst { $0.hash = .zero } }),
        ("a node's size", { $0.proof.block?.nodes.changeFirst { $0.size += 1 } }),
        ("a node's index", { $0.proof.block?.nodes.changeFirst { $0.index += 4 } }),
        ("a node too few", { $0.proof.block?.nodes.removeAll() }),
        ("a node too many", { $0.proof.block?.nodes.append(TreeNode(index: 1 << 50, size: 1, hash: .zero)) }),
        ("nodes in another order", { $0.proof.block?.nodes.reverse() }),
        ("an upgrade's hash", { $0.proof.upgrade?.nodes.changeFirst { $0.hash = .zero } }),
        ("an upgrade's size", { $0.proof.upgrade?.nodes.changeFirst { $0.size += 1 } }),
        ("an upgrade's nodes", { $0.proof.upgrade?.nodes.removeLast() }),
        ("an upgrade's length", { $0.proof.upgrade?.length += 1 }),
        ("an upgrade's signature", { $0.proof.upgrade?.signature?[10] ^= 1 }),
        ("no signature", { $0.proof.upgrade?.signature = nil }),
        ("an empty signature", { $0.proof.upgrade?.signature = [] }),
        ("another manifest", { $0.changeManifest() }),
    ]

    @Test(arguments: lies.indices)
    func nothingOfALieIsStoredAndAnotherPeerIsAsked(number: Int) throws {
        let (name, lie) = Self.lies[number]
        let world = try World(blocks: (0..<50).map { Array("block \($0)".utf8) })
        var network = Network([world.writer("liar"), world.reader(), world.writer("honest")], seed: UInt64(number))
        var isChanged = false
        network.tamper = { sender, message in
            guard sender == 0, case .data(var data) = message else { return message }
            let before = data
            lie(&data)
            if data != before { isChanged = true }
            return .data(data)
        }
        network.connect(0, 1)
        let token = network.with(1) { $0.download(.blocks(0..<50)) }
        try network.run()
        world.expectPart(network.cores[1].log, "\(name)")
        #expect(network.cores[1].outcomes[token] == nil, "\(name): a lie was stored")
        #expect(isChanged)
        // Asked over and over, it would keep us from asking others. A peer that shows to have the log's history is pardoned, but
        // only so often.
        #expect(network.cores[1].replicator.status(of: network.links[0].peer(of: 1))?.isPaused == true, "\(name)")
        #expect((network.delivered[.data] ?? 0) < 300, "\(name): it is asked again and again")

        network.connect(2, 1)
        try network.run()
        world.expectWhole(network.cores[1].log, "\(name)")
        #expect(network.cores[1].outcomes[token] == .stored)
        network.expectSettled()
    }

    @Test func aRandomlyChangedByteNeverGetsIn() throws {
        let world = try World(count: 60)
        for seed in 1...30 as ClosedRange<UInt64> {
            var network = Network([world.writer("liar"), world.reader(), world.writer("honest")], seed: seed)
            let liar = Liar(seed: seed)
            network.tamper = { sender, message in sender == 0 ? liar.change(message) : message }
            network.connect(0, 1)
            network.connect(2, 1)
            let token = network.with(1) { $0.download(.blocks(0..<60)) }
            try network.run()
            world.expectWhole(network.cores[1].log, "seed \(seed)")
            #expect(network.cores[1].outcomes[token] == .stored, "seed \(seed)")
        }
    }

    @Test func aPeerThatOnlyRefusesIsLeftAloneInTheEnd() throws {
        let world = try World(count: 40)
        for reason in [NoDataMessage.Reason.notAvailable, .invalidRequest, .unspecified] {
            var network = Network([world.writer("refuser"), world.reader(), world.writer("honest")], seed: 3)
            network.tamper = { sender, message in
                guard sender == 0, case .data(let data) = message, data.proof.block != nil else { return message }
                return .noData(NoDataMessage(request: data.request, reason: reason))
            }
            network.connect(0, 1)
            let token = network.with(1) { $0.download(.blocks(0..<40)) }
            try network.run()
            #expect(network.cores[1].log.blocks.isEmpty)
            #expect((network.delivered[.noData] ?? 0) <= 100)
            network.connect(2, 1)
            try network.run()
            world.expectWhole(network.cores[1].log, "reason \(reason)")
            #expect(network.cores[1].outcomes[token] == .stored)
        }
    }

    @Test func answersWithNothingInThemDoNotGoOnForEver() throws {
        let world = try World(count: 10)
        var network = Network([world.writer("empty"), world.reader()], seed: 4)
        network.tamper = { sender, message in
            guard sender == 0, case .data(let data) = message else { return message }
            return .data(DataMessage(request: data.request, fork: data.fork))
        }
        network.connect(0, 1)
        try network.run()
        #expect((network.delivered[.data] ?? 0) <= 100)
        #expect(network.cores[1].log.length == 0)
    }

    @Test func dataThatWasNeverAskedIsIgnored() throws {
        let world = try World(count: 10)
        var network = Network([world.writer(), world.reader()], seed: 4)
        network.connect(0, 1)
        try network.run()
        let proof = try world.truth.proof(of: ProofRequest(block: .init(index: 3, nodes: 3)))
        for request in [0, 1, 2, 99, 1 << 52] as [UInt64] {
            network.with(1) {
                $0.receive(
                    [.data(DataMessage(request: request, fork: 0, proof: proof))], from: $0.replicator.openPeers[0])
            }
        }
        try network.run()
        #expect(network.cores[1].log.blocks.isEmpty)
        #expect(network.cores[1].invalidData.isEmpty)
    }
}

/// Changes one byte of some messages, and keeps those that can still be read.
private final class Liar {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    func change(_ message: WireMessage) -> WireMessage {
        guard case .data = message, Int.random(in: 0..<4, using: &generator) == 0 else { return message }
        var writer = ByteWriter()
        message.encode(into: &writer)
        var bytes = writer.take()
        bytes[Int.random(in: bytes.indices, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        guard let changed = try? WireMessage.decode(type: message.kind.rawValue, body: bytes[...]) else {
            return message
        }
        return changed
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func changeFirstBit() {
        if let first { self[startIndex] = first ^ 1 }
    }
}

extension [TreeNode] {
    fileprivate mutating func changeFirst(_ change: (inout TreeNode) -> Void) {
        if !isEmpty { change(&self[0]) }
    }
}

extension DataMessage {
    fileprivate mutating func changeManifest() {
        guard manifest != nil else { return }
        manifest = CoreManifest(singleSigner: PublicKey(.zero))
    }
}
