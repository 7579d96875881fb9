import Crypto
import MerkleTree
import Replication
import SecretStream
import Testing

@testable import Hypercore

/// Who a peer is, and what is told of one that lies.
@Suite(.timeLimit(.minutes(5))) struct PeerIdentityTests {
    @Test func `two peers with one key are two`() async throws {
        let writer = try TestStore()
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<100))
        let keyPair = KeyPair()
        var streams: [ReplicationStream] = []
        var copies: [Hypercore] = []
        for _ in 0..<2 {
            let reader = try TestStore()
            let ends = (ReplicationStream(role: .initiator), ReplicationStream(role: .responder, keyPair: keyPair))
            writer.registry.replicate(on: ends.0)
            reader.registry.replicate(on: ends.1)
            Link(ends.0, ends.1)
            streams.append(ends.0)
            copies.append(try await reader.reader(of: log.key))
        }
        for copy in copies { try await copy.download(end: 100).finished() }
        #expect(log.peers.map(\.publicKey) == [keyPair.publicKey, keyPair.publicKey])
        #expect(Set(log.peers).count == 2)
        #expect(log.peers.compactMap { $0.statistics?.counters.blocksUploaded } == [100, 100])
        // When one goes the other stays.
        streams[0].close()
        _ = await streams[0].waitUntilClosed()
        #expect(log.peerCount == 1)
        try await log.append([1])
        #expect(try await copies[1].get(100) == [1])
        streams[1].close()
        for copy in copies { #expect(try copy.storedBlocks(of: 100).count == 100) }
    }

    @Test func `a signature that does not verify is counted, and told with the key of who sent it`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let copy = try await reader.reader(of: log.key)
        let events = copy.events
        let liar = LyingPeer(of: log.key) { message in
            guard case .data(var data) = message else { return message }
            data.proof.upgrade?.signature?[0] ^= 1
            return .data(data)
        }
        writer.registry.replicate(on: liar.honest)
        reader.registry.replicate(on: liar.reader)
        for await event in events {
            guard case .invalidData(let key, let reason) = event else { continue }
            #expect(key == liar.reader.remotePublicKey && reason.contains("signature"), "\(reason)")
            break
        }
        #expect(copy.replicationCounters.invalidData == 1)
        #expect(copy.peers.first?.statistics?.counters.invalidData == 1)
        #expect(copy.length == 0)
        liar.reader.close()
    }

    @Test func `messages of an extension are counted with the others`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        let (sender, receiver) = (try log.extension(named: "greeting"), try copy.extension(named: "greeting"))
        #expect(try sender.broadcast([1]) == 1)
        try await sender.send([2], to: try #require(log.peers.first))
        pair.link.settle()
        #expect(log.replicationCounters.sent[.extension] == 2)
        #expect(log.peers.first?.statistics?.counters.sent[.extension] == 2)
        #expect(copy.replicationCounters.received[.extension] == 2)
        withExtendedLifetime(receiver) {}
    }
}
