import MerkleTree
import Replication
import TestSupport
import Testing

@Suite struct StatisticsTests {
    @Test func everyMessageAndBlockIsCountedForThePeerAndInTotal() throws {
        let world = try World(count: 30)
        var network = Network([world.writer(), world.reader(), world.reader("second")], seed: 1)
        network.connect(0, 1)
        network.connect(0, 2)
        for reader in 1...2 { _ = network.with(reader) { $0.download(.blocks(0..<30)) } }
        try network.run()
        let writer = network.cores[0].statistics
        let first = try #require(network.cores[0].statistics(ofPeer: 0))
        let second = try #require(network.cores[0].statistics(ofPeer: 1))
        let byteCount = world.truth.head.tree.byteLength
        #expect(writer.blocksUploaded == 60 && writer.bytesUploaded == 2 * byteCount)
        #expect(first.counters.blocksUploaded == 30 && first.counters.bytesUploaded == byteCount)
        for kind in WireMessage.Kind.allCases {
            #expect(writer.sent[kind] == first.counters.sent[kind] + second.counters.sent[kind], "\(kind)")
            let read = network.cores[1].statistics
            #expect(first.counters.sent[kind] == read.received[kind], "\(kind)")
            #expect(first.counters.received[kind] == read.sent[kind], "\(kind)")
        }
        #expect(network.cores[1].statistics.sent.total > 30)
        let reader = try #require(network.cores[1].statistics(ofPeer: 0))
        #expect(reader.counters.blocksDownloaded == 30 && reader.counters.bytesDownloaded == byteCount)
        #expect(reader.counters == network.cores[1].statistics)
        #expect(reader.status.length == 30 && reader.status.contiguousLength == 30)
        #expect((2...40).contains(reader.roundTripMilliseconds ?? 0))
        #expect(reader.window >= 16)
    }

    @Test func theTotalOutlivesThePeers() throws {
        let world = try World(count: 30)
        var network = Network([world.writer(), world.reader()], seed: 1)
        let link = network.connect(0, 1)
        _ = network.with(1) { $0.download(.blocks(0..<30)) }
        try network.run()
        network.disconnect(link)
        #expect(network.cores[1].statistics.blocksDownloaded == 30)
        #expect(network.cores[1].statistics(ofPeer: 0) == nil)
    }

    @Test func whatGoesWrongIsCounted() throws {
        let world = try World(count: 10)
        var core = world.writer()
        core.open(PeerID(1))
        let parts = WireMessage.request(
            RequestMessage(id: 1, fork: 0, parts: .init(upgrade: .init(start: 5, length: 100))))
        core.receive([parts], from: PeerID(1))
        #expect(core.statistics.invalidRequests == 1)
        #expect(core.statistics(ofPeer: 0)?.counters.invalidRequests == 1)
    }
}
