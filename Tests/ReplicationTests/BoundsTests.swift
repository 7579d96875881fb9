import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// Whatever a peer sends, and however much of it: what is kept because of it stays under a stated limit.
@Suite struct BoundsTests {
    /// One kind of flood: the `number`-th of its messages.
    private struct Flood: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: @Sendable (_ number: UInt64) -> WireMessage
    }

    private static let largest: UInt64 = (1 << 53) - 1

    private static func block(_ index: UInt64) -> Proof.Block {
        Proof.Block(index: index, value: [UInt8](repeating: 1, count: 1000)[...], nodes: [])
    }

    private static let floods: [Flood] = [
        Flood(testDescription: "wants of windows") { .want(WantMessage(start: $0 * 32, length: 32)) },
        Flood(testDescription: "wants of every size") { .want(WantMessage(start: $0 << 22, length: 32 << ($0 % 17))) },
        Flood(testDescription: "wants of any") { .want(WantMessage(start: $0, length: largest, isAny: true)) },
        Flood(testDescription: "wants of the same") { _ in .want(WantMessage(start: 0, length: 2_097_152)) },
        Flood(testDescription: "wants that are none") { .want(WantMessage(start: $0 | 1, length: 33)) },
        Flood(testDescription: "unwants") { .unwant(WantMessage(start: $0 * 32, length: 32)) },
        Flood(testDescription: "giant bitfields") {
            .bitfield(BitfieldMessage(start: $0 << 24, words: Array(repeating: 0x5555_5555, count: 256)))
        },
        Flood(testDescription: "bitfields at the end") {
            .bitfield(BitfieldMessage(start: (largest - $0 * 64) & ~31, words: [5]))
        },
        Flood(testDescription: "ranges here and there") { .range(RangeMessage(start: $0 * 100_000, length: 3)) },
        Flood(testDescription: "ranges near the end") { .range(RangeMessage(start: largest - $0, length: $0)) },
        Flood(testDescription: "drops") { .range(RangeMessage(isDrop: true, start: $0 * 9, length: largest)) },
        Flood(testDescription: "lengths near the end") {
            .sync(
                SyncMessage(
                    fork: $0 % 2, length: largest - $0, remoteLength: largest, canUpgrade: true, isUploading: true,
                    isDownloading: true, hasManifest: true, allowsPush: true))
        },
        Flood(testDescription: "cancels") { .cancel(CancelMessage(request: $0)) },
        Flood(testDescription: "refusals") { .noData(NoDataMessage(request: $0, reason: .notAvailable)) },
        Flood(testDescription: "requests") {
            .request(RequestMessage(id: $0, fork: 0, parts: ProofRequest(block: .init(index: $0 % 40, nodes: 0))))
        },
        Flood(testDescription: "requests of one id") {
            .request(RequestMessage(id: 7, fork: 0, parts: ProofRequest(block: .init(index: $0 % 40, nodes: 0))))
        },
        Flood(testDescription: "requests and their cancels") {
            $0 % 2 == 0
                ? .request(RequestMessage(id: $0, fork: 0, parts: ProofRequest(block: .init(index: 1, nodes: 0))))
                : .cancel(CancelMessage(request: $0 - 1))
        },
        Flood(testDescription: "impossible requests") {
            .request(RequestMessage(id: $0, fork: 0, parts: ProofRequest(upgrade: .init(start: 7, length: largest))))
        },
        Flood(testDescription: "data that was not asked for") {
            .data(DataMessage(request: $0, fork: 0, proof: Proof(block: block($0))))
        },
        Flood(testDescription: "pushes") {
            .data(DataMessage(request: 0, fork: 0, proof: Proof(block: block($0 % 40))))
        },
        Flood(testDescription: "extensions") {
            .extension(ExtensionMessage(name: "name \($0)", payload: [UInt8](repeating: 0, count: 1000)[...]))
        },
    ]

    @Test(arguments: floods)
    private func aFloodTakesNoMoreThanTheLimit(of flood: Flood) throws {
        let world = try World(count: 40)
        var limits = ReplicationLimits()
        limits.remotePages = 64
        var configuration = ReplicatorConfiguration()
        configuration.allowsPush = true
        // One that has everything, one that wants everything: neither is ever drained.
        var wanting = world.reader(configuration: configuration, limits: limits)
        _ = wanting.download(.live())
        for core in [world.writer(limits: limits), world.holder("sparse") { $0 % 3 > 0 }, wanting] {
            var core = core
            core.isStalled = true
            core.open(PeerID(1))
            core.receive(
                [
                    .sync(
                        SyncMessage(
                            fork: 0, length: 40, remoteLength: core.log.length, canUpgrade: true, isUploading: true,
                            isDownloading: true, hasManifest: true, allowsPush: true))
                ], from: PeerID(1))
            var most = 0
            for turn in 0..<110 as Range<UInt64> where core.closed.isEmpty {
                core.receive((1...20).map { flood.message(20 * turn + $0) }, from: PeerID(1))
                most = max(most, core.replicator.approximateByteCount)
                _ = core.takeOutbox()
                core.setClock(core.now + 100)
            }
            let limit = core.replicator.limits.bytesOfPeer
            #expect(most <= limit, "\(core.name): \(most) bytes of \(limit)")
            world.expectPart(core.log, "\(core.name)")
            core.close(PeerID(1))
            #expect(core.replicator.approximateByteCount == 0, "\(core.name): something of it is left")
        }
    }

    @Test func anAnswerThatIsRepeatedIsTakenOnce() throws {
        let world = try World(count: 40)
        var network = Network([world.writer(), world.reader()], seed: 1)
        network.connect(0, 1)
        try network.run()
        let token = network.with(1) { $0.download(.blocks(0..<40)) }
        // Every answer comes three times.
        var again: [WireMessage] = []
        network.tamper = { sender, message in
            if sender == 0, case .data = message { again.append(message) }
            return message
        }
        try network.run()
        #expect(network.cores[1].outcomes[token] == .stored)
        let before = network.cores[1].statistics.blocksDownloaded
        network.with(1) { core in
            core.receive(again + again, from: core.replicator.openPeers[0])
        }
        try network.run()
        #expect(before == 40 && network.cores[1].statistics.blocksDownloaded == 40)
        #expect(network.cores[1].statistics.invalidData == 0)
        network.expectSettled()
    }

    @Test func whatIsVerifiedAndNotStoredIsBounded() throws {
        let world = try World(blocks: (0..<300).map { [UInt8](repeating: UInt8($0 & 255), count: 1000) })
        var limits = ReplicationLimits()
        limits.uncommittedBytes = 50_000
        limits.requestedBytes = 20_000
        var network = Network([world.writer(), world.reader(limits: limits)], seed: 1)
        network.connect(0, 1)
        let token = network.with(1) { $0.download(.blocks(0..<300)) }
        var most = 0
        let isDone = try network.run(until: 1_000_000) { network in
            most = max(most, network.cores[1].replicator.overlay.byteCount)
            return network.cores[1].outcomes[token] != nil
        }
        #expect(isDone)
        // What was under way when the bound was reached still comes.
        #expect(most <= 50_000 + 20 * 1500, "\(most)")
    }
}
