import Bitfield
import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// What a peer may send that no honest one does: it costs little, and nobody else notices.
@Suite struct HostilityTests {
    static let huge: [UInt64] = [0, 1, 31, 32, 1 << 20, 1 << 21, (1 << 32) - 1, 1 << 52, (1 << 53) - 1]

    /// Every kind of message, with numbers from the ends of their range in every place.
    static func messages() -> [WireMessage] {
        var messages: [WireMessage] = [.cancel(CancelMessage(request: 0))]
        for first in huge {
            messages += [
                .cancel(CancelMessage(request: first)), .noData(NoDataMessage(request: first, reason: .notAvailable)),
                .data(DataMessage(request: first, fork: first)),
                .extension(ExtensionMessage(name: "x", payload: [1])),
            ]
            for second in huge {
                messages += [
                    .sync(
                        SyncMessage(
                            fork: first, length: second, remoteLength: first, canUpgrade: true, isUploading: true,
                            isDownloading: true, hasManifest: true, allowsPush: true)),
                    .range(RangeMessage(start: first, length: second)),
                    .range(RangeMessage(isDrop: true, start: first, length: second)),
                    .bitfield(BitfieldMessage(start: first, words: [second == 0 ? 0 : ~0, 5])),
                    .want(WantMessage(start: first, length: second)),
                    .want(WantMessage(start: first, length: second, isAny: true)),
                    .unwant(WantMessage(start: first, length: second)),
                    .unwant(WantMessage(start: first, length: second, isAny: true)),
                    .request(
                        RequestMessage(
                            id: first, fork: 0, parts: ProofRequest(block: .init(index: first, nodes: second)))),
                    .request(
                        RequestMessage(
                            id: second, fork: 0,
                            parts: ProofRequest(
                                hash: .init(index: first, nodes: second), seek: .init(bytes: first, padding: second),
                                upgrade: .init(start: first, length: second)), wantsManifest: true,
                            priority: .init(rawValue: second))),
                ]
            }
        }
        return messages
    }

    @Test func anyMessageInAnyOrderIsSurvived() throws {
        let world = try World(count: 40)
        for seed in 1...6 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var limits = ReplicationLimits()
            limits.invalidRequests = .max
            for core in [world.writer(limits: limits), world.reader(limits: limits)] {
                var core = core
                let peer = PeerID(1)
                core.open(peer)
                _ = core.download(.live())
                _ = core.get(7)
                for message in Self.messages().shuffled(using: &generator) {
                    core.receive([message], from: peer)
                    try core.finishCommit()
                    core.advance(by: 10)
                    _ = core.takeOutbox()
                }
                world.expectPart(core.log, "seed \(seed)")
                let status = try #require(core.replicator.status(of: peer))
                #expect(status.requestCount <= limits.requestsToPeer)
                #expect(status.waitingRequestCount <= limits.requestsFromPeer)
            }
        }
    }

    @Test func aFloodOfRequestsEndsTheStream() throws {
        let world = try World(count: 10)
        var core = world.writer()
        core.open(PeerID(1))
        let request = WireMessage.request(
            RequestMessage(id: 1, fork: 0, parts: ProofRequest(block: .init(index: 0, nodes: 0))))
        let flood = (1...5000).map { id in
            WireMessage.request(RequestMessage(id: id, fork: 0, parts: ProofRequest(block: .init(index: 0, nodes: 0))))
        }
        // The same id over and over is one request.
        core.receive(Array(repeating: request, count: 5000), from: PeerID(1))
        #expect(core.closed.isEmpty)
        core.receive(flood, from: PeerID(1))
        #expect(core.closed.map(\.fault.code) == [.tooManyRequests])
        #expect(core.replicator.status(of: PeerID(1))?.waitingRequestCount == 0)
    }

    @Test func aFloodOfRangesAndBitsTakesBoundedMemory() throws {
        let world = try World(count: 10)
        var limits = ReplicationLimits()
        limits.remotePages = 64
        var core = world.writer(limits: limits)
        core.open(PeerID(1))
        for page in 1...2000 as ClosedRange<UInt64> {
            core.receive(
                [
                    .range(RangeMessage(start: page * 70_000, length: 5)),
                    .bitfield(BitfieldMessage(start: page * 5_000_000 / 32 * 32, words: [1, 2, 3])),
                ], from: PeerID(1))
        }
        #expect(core.replicator.peers.all[0].haves.segmentCount <= 64)
    }

    @Test func aFloodOfWantsIsAnsweredWithAWindowAtATime() throws {
        var world = try World(count: 100)
        world.truth.clear(3..<4)
        var limits = ReplicationLimits()
        limits.windowsToAnswer = 4
        var replicator = Replicator(key: world.key, limits: limits, seed: 1)
        var effects = Effects()
        replicator.peerOpened(PeerID(1), supportsSeeks: true, log: world.truth, into: &effects)
        for _ in 0..<1000 {
            let want = WireMessage.want(WantMessage(start: 0, length: 2_097_152))
            replicator.receive(want, from: PeerID(1), log: world.truth, now: 0, into: &effects)
        }
        replicator.flush(log: world.truth, now: 0, into: &effects)
        #expect(effects.take().filter(\.isBitfield).isEmpty, "nothing is sent before the stream is drained")
        for expected in [1, 1, 1, 1, 0] {
            #expect(replicator.nextAnswer(for: PeerID(1), log: world.truth, into: &effects) == nil)
            #expect(effects.take().filter(\.isBitfield).count == expected)
        }
    }

    @Test func invalidRequestsAreRefusedLateAndThenEndTheStream() throws {
        let world = try World(count: 10)
        var core = world.writer()
        core.open(PeerID(1))
        _ = core.takeOutbox()
        for id in 1...63 as ClosedRange<UInt64> {
            let parts = ProofRequest(upgrade: .init(start: 5, length: 100))
            core.receive([.request(RequestMessage(id: id, fork: 0, parts: parts))], from: PeerID(1))
        }
        #expect(core.takeOutbox().isEmpty)
        core.advance(by: 199)
        #expect(core.takeOutbox().isEmpty)
        core.advance(by: 1)
        #expect(core.takeOutbox().map(\.message) == [.noData(NoDataMessage(request: 1, reason: .invalidRequest))])
        core.advance(by: 300)
        #expect(core.takeOutbox().count == 3, "the second to the fourth after half a second")
        core.advance(by: 5000)
        #expect(core.takeOutbox().count == 59)
        #expect(core.closed.isEmpty)
        let parts = ProofRequest(hash: .init(index: 1 << 40, nodes: 5))
        core.receive([.request(RequestMessage(id: 64, fork: 0, parts: parts))], from: PeerID(1))
        #expect(core.closed.map(\.fault.code) == [.tooManyInvalidRequests])
    }

    @Test func aPeerThatNeverAnswersIsAskedForNoMoreThanItsShare() throws {
        let world = try World(count: 5000)
        var core = TestCore("reader", key: world.key, log: world.holder("", of: { _ in false }).log)
        core.open(PeerID(1))
        core.receive(
            [
                .sync(
                    SyncMessage(
                        fork: 0, length: 5000, remoteLength: 5000, canUpgrade: false, isUploading: true,
                        isDownloading: false, hasManifest: true, allowsPush: false)),
                .range(RangeMessage(start: 0, length: 5000)),
            ], from: PeerID(1))
        // Asked and taken back over and over: ids of cancelled requests must not pile up either.
        for block in 0..<600 as Range<UInt64> {
            let token = core.get(block)
            core.turn { replicator, _, effects in replicator.cancel(token, into: &effects) }
        }
        let requests = core.takeOutbox().filter { if case .request = $1 { true } else { false } }
        #expect(requests.count <= core.replicator.limits.cancelledRequestsToPeer + 48)
        _ = core.download(.blocks(0..<5000))
        #expect(core.replicator.status(of: PeerID(1))?.requestCount ?? 0 <= 48)
    }

    @Test func messagesOfAPeerThatIsGoneAreIgnored() throws {
        let world = try World(count: 5)
        var core = world.writer()
        core.open(PeerID(1))
        core.close(PeerID(1))
        for message in Self.messages() {
            core.receive([message], from: PeerID(1))
        }
        #expect(core.takeOutbox().isEmpty)
        #expect(core.replicator.openPeers.isEmpty)
    }
}

extension Effect {
    fileprivate var isBitfield: Bool {
        if case .send(_, .bitfield) = self { true } else { false }
    }
}
