import Crypto
import Replication
import SecretStream
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct IdleChannelTests {
    @Test func `a channel closes when neither side wants the log any more, and its cores are let go of`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append([1])
        await log.close()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        #expect(try await pair.link.moving { try await copy.get(0) } == [1])
        await copy.close()
        pair.link.advance(by: .seconds(19))
        #expect(!pair.link.first.isIdle && !pair.link.second.isIdle)
        pair.link.advance(by: .seconds(25))
        #expect(pair.link.first.isIdle && pair.link.second.isIdle)
        #expect(pair.writer.openCount == 0 && pair.reader.openCount == 0)

        // Wanted again, it is replicated again on the same stream.
        let again = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        #expect(again.peerCount == 1)
        let writing = try await pair.writer.writable()
        try await writing.append([2])
        pair.link.settle()
        #expect(again.length == 2)
    }

    @Test func `a channel stays while either side wants the log`() async throws {
        for readerCloses in [true, false] {
            let pair = try ClockedPair()
            let log = try await pair.writer.writable()
            let copy = try await pair.reader.reader(of: log.key)
            pair.link.settle()
            await (readerCloses ? copy : log).close()
            pair.link.advance(by: .seconds(300))
            #expect(!pair.link.first.isIdle && !pair.link.second.isIdle)
            await (readerCloses ? log : copy).close()
            pair.link.advance(by: .seconds(45))
            #expect(pair.link.first.isIdle && pair.link.second.isIdle)
        }
    }

    @Test func `a log that is wanted again while it lingers keeps its channel`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        await log.close()
        await copy.close()
        pair.link.advance(by: .seconds(19))
        let again = try await pair.reader.reader(of: log.key)
        let peer = try #require(again.peers.first)
        pair.link.advance(by: .seconds(100))
        #expect(again.peers == [peer])
    }

    @Test func `through a session that is not active a log is read and served, but brought to no stream`() async throws
    {
        let pair = try ClockedPair()
        let log = try await pair.writer.session("log", isActive: false)
        try await log.append([1])
        pair.link.settle()
        #expect(pair.link.first.isIdle && log.peerCount == 0)

        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        #expect(try await pair.link.moving { try await copy.get(0) } == [1])
        #expect(log.peerCount == 1)
        try await log.append([2])
        pair.link.settle()
        #expect(copy.length == 2)

        // It does not keep the channel once nobody there wants the log.
        await copy.close()
        pair.link.advance(by: .seconds(45))
        #expect(pair.link.first.isIdle && pair.link.second.isIdle)
        #expect(try log.read(1) == [2])

        // An active session beside it brings the log back.
        let active = try await pair.writer.writable()
        pair.link.settle()
        #expect(active.peerCount == 1 && log.peerCount == 1)
    }

    @Test func `a snapshot keeps its log wanted as the session it was taken from does`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append([1])
        await log.close()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        let snapshot = try copy.snapshot()
        await copy.close()
        pair.link.advance(by: .seconds(100))
        #expect(snapshot.peerCount == 1)
        await snapshot.close()
        pair.link.advance(by: .seconds(45))
        #expect(pair.link.second.isIdle)
    }

    @Test func `a wait through a session that is not active keeps the channel while it lasts`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.session("log", isActive: false, isWriter: false)
        pair.link.settle()
        #expect(copy.peerCount == 1)
        async let block = copy.get(0)
        try await until { copy.waitCount == 1 }
        await log.close()
        pair.link.advance(by: .seconds(100))
        #expect(copy.peerCount == 1)
        let again = try await pair.writer.writable()
        try await again.append([1])
        pair.link.settle()
        #expect(try await block == [1])
    }

    @Test func `a peer that closes a channel we need, thinking that nobody does, is asked again at once`() async throws
    {
        for (isDownloading, reopens) in [(false, true), (true, false)] {
            let store = try TestStore()
            let log = try await store.writable()
            let stream = ReplicationStream(role: .initiator)
            store.registry.replicate(on: stream)
            let peer = ScriptedPeer(.responder, of: log.key)
            Link(stream, peer)
            var sync = SyncMessage.announcing(length: 0)
            sync.isDownloading = isDownloading
            peer.send(.sync(sync))
            try await until { log.peers.first?.status?.isUploading == true }
            let events = log.events
            peer.closeChannel()
            // Opened again, it is refused: the played peer knows only the one channel.
            var seen: [CoreEvent] = []
            for await event in events {
                seen.append(event)
                if case .peerRefused = event { break }
                if !reopens, event == .peerRemoved { break }
            }
            #expect(seen.contains(.peerRemoved))
            #expect(seen.contains { if case .peerRefused = $0 { true } else { false } } == reopens)
            peer.close()
        }
    }
}
