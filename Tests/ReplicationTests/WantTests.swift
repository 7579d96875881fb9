import MerkleTree
import Replication
import TestSupport
import Testing

/// How wants begin and end.
@Suite struct WantTests {
    // MARK: Updates

    @Test func anUpdateEndsTrueOnceTheLogHasGrown() throws {
        let world = try World(count: 5)
        var configuration = ReplicatorConfiguration()
        configuration.upgradesEagerly = false
        var network = Network([world.writer(), world.reader(configuration: configuration)], seed: 1)
        network.connect(0, 1)
        try network.run()
        #expect(network.cores[1].log.length == 0, "nothing is fetched that nobody wants")
        let token = network.with(1) { $0.update() }
        try network.run()
        #expect(network.cores[1].outcomes[token] == .updated(true))
        #expect(network.cores[1].log.head == world.truth.head)
    }

    @Test func anUpdateEndsFalseWhereNobodyHasMore() throws {
        let world = try World(count: 5)
        var network = Network([world.writer(), world.reader()], seed: 2)
        let alone = network.with(1) { $0.update() }
        #expect(network.cores[1].outcomes[alone] == .updated(false), "there is no peer at all")
        network.connect(0, 1)
        try network.run()
        let settled = network.with(1) { $0.update() }
        #expect(network.cores[1].outcomes[settled] == .updated(false), "the only peer has no more")
        let waiting = network.with(1) { $0.update(waits: true) }
        try network.run()
        #expect(network.cores[1].outcomes[waiting] == nil)
        try network.with(0) { try $0.append([[1]], signedBy: world.keyPair) }
        try network.run()
        #expect(network.cores[1].outcomes[waiting] == .updated(true))
    }

    @Test func anUpdateWaitsForPeersThatAreExpectedOrHaveNotSpoken() throws {
        let world = try World(count: 5)
        var configuration = ReplicatorConfiguration()
        configuration.expectsPeers = true
        var reader = world.reader(configuration: configuration)
        let token = reader.update()
        #expect(reader.outcomes[token] == nil)
        reader.open(PeerID(1))
        configuration.expectsPeers = false
        reader.turn { replicator, _, _ in replicator.configure(configuration) }
        #expect(reader.outcomes[token] == nil, "the peer may have more")
        reader.close(PeerID(1))
        #expect(reader.outcomes[token] == .updated(false))
    }

    // MARK: Seeks

    @Test(arguments: [true, false])
    func aSeekFindsWhatAWalkOverTheBlocksFinds(peersSupportSeeks: Bool) throws {
        let world = try World(count: 60, seed: 5)
        let total = world.truth.head.tree.byteLength
        for bytes in stride(from: 0, to: total, by: 37) {
            var network = Network([world.writer(), world.reader()], seed: bytes + 1)
            network.connect(0, 1, supportsSeeks: peersSupportSeeks)
            let token = network.with(1) { $0.seek(bytes) }
            try network.run()
            let expected = try world.truth.head.tree.seek(toByte: bytes, reading: world.truth)
            guard case .found(let block, let offset) = expected else {
                Issue.record("the writer does not find byte \(bytes)")
                continue
            }
            #expect(network.cores[1].outcomes[token] == .found(block: block, offset: offset), "byte \(bytes)")
            world.expectPart(network.cores[1].log, "byte \(bytes)")
            network.expectSettled()
        }
    }

    @Test func aSeekPastTheEndWaitsForTheLogToGrow() throws {
        let world = try World(blocks: [[1, 2, 3]])
        var network = Network([world.writer(), world.reader()], seed: 3)
        network.connect(0, 1)
        let token = network.with(1) { $0.seek(4) }
        try network.run()
        #expect(network.cores[1].outcomes[token] == nil)
        try network.with(0) { try $0.append([[4, 5, 6]], signedBy: world.keyPair) }
        try network.run()
        #expect(network.cores[1].outcomes[token] == .found(block: 1, offset: 1))
    }

    @Test(arguments: [true, false])
    func aSeekWithTheWrongPaddingEndsAndNothingElseDoes(peersSupportSeeks: Bool) throws {
        // The last block has bytes enough for the padding of all, so that only the nodes below tell.
        let world = try World(blocks: (0..<7).map { [UInt8($0)] } + [Array(repeating: 9, count: 999)])
        var network = Network([world.writer(), world.reader()], seed: 6)
        network.connect(0, 1, supportsSeeks: peersSupportSeeks)
        let token = network.with(1) { $0.seek(3, padding: 8) }
        try network.run()
        // A request that nobody can answer is refused only after a while.
        network.with(0) { $0.advance(by: 60_000) }
        try network.run()
        #expect(network.cores[1].outcomes[token] == .unseekable)
        let other = network.with(1) { $0.get(2) }
        try network.run()
        #expect(network.cores[1].outcomes[other] == .block([2]))
        network.expectSettled()
    }

    // MARK: Ends

    @Test func aCancelledGetIsTakenBackFromThePeer() throws {
        let world = try World(count: 10)
        var network = Network([world.writer(), world.reader()], seed: 4)
        network.connect(0, 1)
        try network.run()
        let tokens = (0..<2).map { _ in network.with(1) { $0.get(3) } }
        network.with(1) { $0.cancel(tokens[0]) }
        #expect(network.delivered[.cancel] == nil, "somebody else still waits for it")
        network.with(1) { $0.cancel(tokens[1]) }
        #expect(network.delivered[.cancel] == 1)
        try network.run()
        #expect(network.cores[1].outcomes.isEmpty)
        #expect(network.cores[1].log.blocks.isEmpty)
        network.expectSettled()
    }

    @Test func aCancelledGetThatARangeWantsTooIsFetchedAllTheSame() throws {
        let world = try World(count: 10)
        var network = Network([world.writer(), world.reader()], seed: 4)
        network.connect(0, 1)
        let get = network.with(1) { $0.get(3) }
        let range = network.with(1) { $0.download(.blocks(0..<10)) }
        network.with(1) { $0.cancel(get) }
        try network.run()
        #expect(network.cores[1].outcomes == [range: .stored])
        network.expectSettled()
    }

    @Test func aCancelledRangeEndsTheDownload() throws {
        let world = try World(count: 1000)
        var limits = ReplicationLimits()
        limits.requestsToPeer = 48
        var network = Network([world.writer(), world.reader(limits: limits)], seed: 4)
        network.connect(0, 1)
        let token = network.with(1) { $0.download(.blocks(0..<1000)) }
        try network.run(events: 10)
        network.with(1) { $0.cancel(token) }
        try network.run()
        #expect(network.cores[1].outcomes.isEmpty)
        #expect(network.cores[1].log.blocks.count < 300)
        network.expectSettled()
    }

    @Test func aBlockThatIsHereAlreadyEndsAtOnce() throws {
        let world = try World(count: 10)
        var writer = world.writer()
        let get = writer.get(3)
        let range = writer.download(.blocks(2..<9))
        let list = writer.download(.blocks([1, 9]))
        let nothing = writer.download(.blocks([]))
        #expect(writer.outcomes == [get: .stored, range: .stored, list: .stored, nothing: .stored])
    }

    @Test func aBlockThatIsVerifiedAndNotStoredYetIsGivenOut() throws {
        let world = try World(count: 10)
        var network = Network([world.writer(), world.reader()], seed: 4)
        network.connect(0, 1)
        try network.run()
        network.latency = 1000
        let first = network.with(1) { $0.get(3) }
        while network.cores[1].outcomes[first] == nil { try network.run(events: 1) }
        #expect(network.cores[1].log.blocks.isEmpty)
        let second = network.with(1) { $0.get(3) }
        #expect(network.cores[1].outcomes[second] == network.cores[1].outcomes[first])
    }

    @Test func aGetOfABlockThatIsAppendedHereEnds() throws {
        let world = try World(count: 3)
        var writer = world.writer()
        let token = writer.get(3)
        #expect(writer.outcomes[token] == nil)
        try writer.append([[1]], signedBy: world.keyPair)
        #expect(writer.outcomes[token] == .stored)
    }

    @Test func moreWantsThanTheLimitAreRefused() throws {
        let world = try World(count: 3)
        var limits = ReplicationLimits()
        limits.wants = 2
        var core = world.reader(limits: limits)
        let tokens = [core.get(0), core.download(.live()), core.get(1), core.download(.live()), core.seek(5)]
        #expect(tokens.map { core.outcomes[$0] } == [nil, nil, .refused, .refused, .refused])
        core.cancel(tokens[0])
        let next = core.get(2)
        #expect(core.outcomes[next] == nil)
    }
}

extension TestCore {
    mutating func update(waits: Bool = false) -> WantToken {
        turn { replicator, _, effects in replicator.update(waits: waits, into: &effects) }
    }

    fileprivate mutating func seek(_ bytes: UInt64, padding: UInt64 = 0) -> WantToken {
        turn { replicator, _, effects in replicator.seek(toByte: bytes, padding: padding, into: &effects) }
    }

    fileprivate mutating func cancel(_ token: WantToken) {
        turn { replicator, _, effects in replicator.cancel(token, into: &effects) }
    }
}
