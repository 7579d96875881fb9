import Replication
import TestSupport
import Testing

/// When peers are told that nothing is wanted, and when a channel serves nobody (PROTOCOL §7, Idling).
@Suite struct IdleTests {
    private var notDownloading: ReplicatorConfiguration {
        var configuration = ReplicatorConfiguration()
        configuration.isDownloading = false
        return configuration
    }

    private func syncs(_ core: inout TestCore) -> [SyncMessage] {
        core.takeOutbox().compactMap { if case .sync(let sync) = $0.message { sync } else { nil } }
    }

    @Test func peersAreToldAfterALingerThatNothingIsWanted() throws {
        let world = try World(count: 5)
        for seed in 1...20 as ClosedRange<UInt64> {
            var core = TestCore("core", key: world.key, log: world.truth, seed: seed)
            core.open(PeerID(1))
            #expect(syncs(&core).map(\.isDownloading) == [true])
            core.turn { replicator, _, _ in replicator.configure(notDownloading) }
            #expect(syncs(&core).isEmpty)
            let deadline = try #require(core.replicator.nextDeadline)
            #expect((20_000...40_000).contains(deadline), "seed \(seed)")
            core.advance(by: deadline - 1)
            #expect(syncs(&core).isEmpty, "seed \(seed)")
            core.advance(by: 1)
            #expect(syncs(&core).map(\.isDownloading) == [false], "seed \(seed)")
            #expect(core.replicator.nextDeadline == nil)
        }
    }

    @Test func whoWantsSomethingAgainDuringTheLingerHasToldNothing() throws {
        let world = try World(count: 5)
        var core = world.writer()
        core.open(PeerID(1))
        _ = syncs(&core)
        core.turn { replicator, _, _ in replicator.configure(notDownloading) }
        core.advance(by: 19_000)
        core.turn { replicator, _, _ in replicator.configure(ReplicatorConfiguration()) }
        core.advance(by: 100_000)
        #expect(syncs(&core).isEmpty)
        #expect(core.channelsWantedCount == 0)
    }

    @Test func aWantIsDownloadingWhateverIsConfigured() throws {
        let world = try World(count: 5)
        var core = world.reader(configuration: notDownloading)
        core.open(PeerID(1))
        #expect(syncs(&core).map(\.isDownloading) == [false])
        let token = core.get(3)
        #expect(syncs(&core).map(\.isDownloading) == [true])
        #expect(core.channelsWantedCount == 1)
        core.turn { replicator, _, effects in replicator.cancel(token, into: &effects) }
        #expect(syncs(&core).isEmpty)
        core.advance(by: 40_000)
        #expect(syncs(&core).map(\.isDownloading) == [false])
    }

    @Test func aChannelServesNobodyOnceBothSidesHaveSaidSo() throws {
        let world = try World(count: 5)
        var network = Network([world.writer(), world.reader()], seed: 1)
        network.connect(0, 1)
        try network.run()
        network.with(0) { $0.turn { replicator, _, _ in replicator.configure(notDownloading) } }
        try network.run()
        #expect(!network.cores.contains { !$0.idle.isEmpty }, "one of them still wants blocks")
        network.with(1) { $0.turn { replicator, _, _ in replicator.configure(notDownloading) } }
        try network.run()
        #expect(network.cores.map(\.idle.count) == [1, 1])
        for core in network.cores {
            #expect(core.replicator.openPeers.map { core.replicator.isIdle($0) } == [true])
            #expect(!core.replicator.isDownloading)
        }
    }

    @Test func aChannelThatWasClosedOverAMisunderstandingIsOpenedAgain() throws {
        let world = try World(count: 5)
        func sync(isDownloading: Bool, isUploading: Bool = true) -> WireMessage {
            .sync(
                SyncMessage(
                    fork: 0, length: 5, remoteLength: 5, canUpgrade: false, isUploading: isUploading,
                    isDownloading: isDownloading, hasManifest: true, allowsPush: false))
        }
        func reopened(
            after message: WireMessage?, byRemote: Bool = true, _ configuration: ReplicatorConfiguration
        ) -> Bool {
            var core = TestCore("core", key: world.key, log: world.truth, configuration: configuration)
            core.open(PeerID(1))
            if let message { core.receive([message], from: PeerID(1)) }
            core.close(PeerID(1), byRemote: byRemote)
            return core.reopened == [PeerID(1)]
        }
        let downloading = ReplicatorConfiguration()
        #expect(reopened(after: sync(isDownloading: false), downloading))
        #expect(!reopened(after: sync(isDownloading: false), byRemote: false, downloading), "we closed it")
        #expect(!reopened(after: sync(isDownloading: false), notDownloading), "nothing is wanted")
        #expect(!reopened(after: sync(isDownloading: true), downloading), "it was not for idling")
        #expect(!reopened(after: sync(isDownloading: false, isUploading: false), downloading))
        #expect(!reopened(after: nil, downloading))
    }

    @Test func pushesAreNotAllowedDuringTheLinger() throws {
        let world = try World(count: 5)
        var configuration = ReplicatorConfiguration()
        configuration.allowsPush = true
        var core = world.reader(configuration: configuration)
        core.open(PeerID(1))
        #expect(syncs(&core).map(\.allowsPush) == [true])
        configuration.isDownloading = false
        core.turn { replicator, _, _ in replicator.configure(configuration) }
        let lingering = syncs(&core)
        #expect(lingering.map(\.allowsPush) == [false] && lingering.map(\.isDownloading) == [true])
        configuration.isDownloading = true
        core.turn { replicator, _, _ in replicator.configure(configuration) }
        #expect(syncs(&core).map(\.allowsPush) == [true])
        configuration.allowsPush = false
        core.turn { replicator, _, _ in replicator.configure(configuration) }
        #expect(syncs(&core).map(\.allowsPush) == [false])
    }

    @Test func requestsUnderWayAreWaitedFor() throws {
        let world = try World(count: 5)
        var network = Network([world.writer(), world.reader()], seed: 1)
        network.connect(0, 1)
        try network.run()
        network.cores[0].isStalled = true
        let token = network.with(1) { $0.get(3) }
        network.with(1) { core in
            core.turn { replicator, _, effects in
                replicator.configure(notDownloading)
                replicator.cancel(token, into: &effects)
            }
        }
        try network.run(until: network.time + 50_000)
        #expect(!network.cores[1].replicator.isDownloading, "it was taken back")
    }
}
