import Replication
import TestSupport
import Testing

/// Who is told what, and when (PROTOCOL §7, Opening, Announcing and Wants).
@Suite struct AnnouncementTests {
    private func sent(_ core: inout TestCore) -> [WireMessage] { core.takeOutbox().map(\.message) }

    private func ranges(_ core: inout TestCore) -> [RangeMessage] {
        sent(&core).compactMap { if case .range(let range) = $0 { range } else { nil } }
    }

    @Test func aWholeCoreOpensWithSyncAndOneRange() throws {
        let world = try World(count: 300)
        var core = world.writer()
        core.open(PeerID(1))
        #expect(
            sent(&core) == [
                .sync(
                    SyncMessage(
                        fork: 0, length: 300, remoteLength: 0, canUpgrade: true, isUploading: true, isDownloading: true,
                        hasManifest: true, allowsPush: false)),
                .range(RangeMessage(start: 0, length: 300)),
            ])
    }

    @Test func aShortSparseCoreOpensWithItsPrefixAndALongOneWithout() throws {
        for (count, expected) in [(256, [RangeMessage(start: 0, length: 7)]), (257, [])] {
            var core = try World(count: count).holder("sparse") { $0 != 7 }
            core.open(PeerID(1))
            #expect(ranges(&core) == expected, "\(count) blocks")
        }
    }

    @Test func aShorterPeerIsAnsweredWithASyncThatAcknowledgesIt() throws {
        let world = try World(count: 10)
        var core = world.writer()
        core.open(PeerID(1))
        _ = core.takeOutbox()
        core.receive([sync(length: 4)], from: PeerID(1))
        #expect(
            sent(&core) == [
                .sync(
                    SyncMessage(
                        fork: 0, length: 10, remoteLength: 4, canUpgrade: true, isUploading: true, isDownloading: true,
                        hasManifest: true, allowsPush: false))
            ])
        core.receive([sync(length: 10)], from: PeerID(1))
        #expect(sent(&core).isEmpty, "one that is as long needs no answer")
        core.receive([sync(length: 4, fork: 1)], from: PeerID(1))
        let isAnswered = sent(&core).contains { if case .sync = $0 { true } else { false } }
        #expect(!isAnswered, "one of another fork gets none")
    }

    @Test func everyGrowthOfAWholeCoreIsAnnouncedFromTheStart() throws {
        let world = try World(count: 2)
        var core = world.writer()
        core.open(PeerID(1))
        core.receive([sync(length: 2), .range(RangeMessage(start: 0, length: 2))], from: PeerID(1))
        _ = core.takeOutbox()
        try core.append([[1]], signedBy: world.keyPair)
        let messages = sent(&core)
        #expect(messages.contains(.range(RangeMessage(start: 0, length: 3))))
        #expect(messages.count == 2, "and a sync: \(messages)")
    }

    @Test func blocksFarFromTheEndAreAnnouncedOnlyToThoseWhoWantThem() throws {
        let world = try World(count: 1000)
        for wantsWindow in [false, true] {
            var network = Network([world.writer(), world.reader()], seed: 1)
            network.connect(0, 1)
            try network.run()
            network.with(1) { $0.open(PeerID(99)) }
            network.with(1) { $0.receive([self.sync(length: 1000)], from: PeerID(99)) }
            if wantsWindow {
                network.with(1) { $0.receive([.want(WantMessage(start: 0, length: 32))], from: PeerID(99)) }
            }
            let mark = network.undeliverable.count
            for block in [5, 500, 990] as [UInt64] { _ = network.with(1) { $0.get(block) } }
            try network.run()
            let told = network.undeliverable[mark...].compactMap { message -> RangeMessage? in
                if case .range(let range) = message { range } else { nil }
            }
            let nearEnd = RangeMessage(start: 990, length: 1)
            #expect(told == (wantsWindow ? [RangeMessage(start: 5, length: 1), nearEnd] : [nearEnd]))
        }
    }

    @Test func clearedBlocksAreAnnouncedAsDroppedToEverybody() throws {
        let world = try World(count: 300)
        var core = world.writer()
        for peer in 1...3 as ClosedRange<UInt64> { core.open(PeerID(peer)) }
        _ = core.takeOutbox()
        core.clear(10..<20)
        #expect(ranges(&core) == Array(repeating: RangeMessage(isDrop: true, start: 10, length: 10), count: 3))
    }

    @Test func aTruncationDropsFirstAndSyncsThen() throws {
        let world = try World(count: 30)
        var core = world.writer()
        core.open(PeerID(1))
        core.receive([sync(length: 30)], from: PeerID(1))
        _ = core.takeOutbox()
        try core.log.truncate(to: 12, signedBy: world.keyPair)
        core.turn { $0.localChanged(.truncated(oldLength: 30), log: $1, into: &$2) }
        #expect(
            sent(&core) == [
                .range(RangeMessage(isDrop: true, start: 12, length: 18)),
                .sync(
                    SyncMessage(
                        fork: 1, length: 12, remoteLength: 0, canUpgrade: false, isUploading: true, isDownloading: true,
                        hasManifest: true, allowsPush: false)),
            ])
    }

    @Test func aWantIsAnsweredWithARangeOrWithBits() throws {
        let world = try World(count: 100)
        var whole = world.writer()
        whole.open(PeerID(1))
        _ = whole.takeOutbox()
        let window = WireMessage.want(WantMessage(start: 0, length: 2_097_152))
        whole.receive([window], from: PeerID(1))
        #expect(sent(&whole) == [.range(RangeMessage(start: 0, length: 100))])

        var sparse = world.holder("sparse") { $0 % 3 == 1 || $0 >= 64 }
        sparse.open(PeerID(1))
        _ = sparse.takeOutbox()
        sparse.receive([window], from: PeerID(1))
        let words = (0..<4).map { word in
            (0..<32).reduce(UInt32(0)) { bits, bit in
                sparse.log.has(word * 32 + bit) ? bits | 1 << UInt32(bit) : bits
            }
        }
        #expect(sent(&sparse) == [.bitfield(BitfieldMessage(start: 0, words: words))])
        sparse.receive([.want(WantMessage(start: 40, length: 10, isAny: true))], from: PeerID(1))
        #expect(sent(&sparse) == [.range(RangeMessage(start: 40, length: 1))])
        sparse.receive([.want(WantMessage(start: 0, length: 1, isAny: true))], from: PeerID(1))
        #expect(sent(&sparse).isEmpty, "it has none of these")
        sparse.receive([.want(WantMessage(start: 128, length: 32))], from: PeerID(1))
        #expect(sent(&sparse).isEmpty, "a window past the end")

        var empty = world.reader()
        empty.open(PeerID(1))
        _ = empty.takeOutbox()
        empty.receive([window], from: PeerID(1))
        #expect(sent(&empty) == [.range(RangeMessage(start: 0, length: 0))], "even of length 0")
    }

    private func sync(length: UInt64, fork: UInt64 = 0) -> WireMessage {
        .sync(
            SyncMessage(
                fork: fork, length: length, remoteLength: 0, canUpgrade: false, isUploading: true, isDownloading: true,
                hasManifest: true, allowsPush: false))
    }
}
