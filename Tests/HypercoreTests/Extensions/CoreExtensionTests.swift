import CompactEncoding
import Crypto
import Replication
import SecretStream
import Synchronization
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct CoreExtensionTests {
    @Test func `a message reaches the peers of the log, and says who sent it`() async throws {
        let pair = try await Pair()
        let (left, right) = (try pair.log.extension(named: "chat"), try pair.copy.extension(named: "chat"))
        #expect(try left.broadcast([1, 2]) == 1)
        pair.link.settle()
        let message = try #require(await right.next())
        #expect(message.payload == [1, 2] && message.peer == pair.copy.peers.first)
        #expect(message.peer.publicKey == pair.link.second.remotePublicKey)
        #expect(message.peer.stream === pair.link.second)

        // And back, to the one who sent it.
        try await right.send([3], to: message.peer)
        pair.link.settle()
        #expect(await left.next()?.payload == [3])
    }

    @Test func `a message to one peer goes to no other, a broadcast to all of them`() async throws {
        let writer = try TestStore()
        let log = try await writer.writable()
        let source = try log.extension(named: "chat")
        var readers: [(copy: Hypercore, ext: CoreExtension, link: ManualLink)] = []
        for _ in 0..<3 {
            let store = try TestStore()
            let copy = try await store.reader(of: log.key)
            readers.append((copy, try copy.extension(named: "chat"), ManualLink(writer, store)))
        }
        #expect(log.peers.count == 3)
        try await source.send([1], to: log.peers[1])
        #expect(try source.broadcast([2]) == 3)
        for reader in readers { reader.link.settle() }
        for (number, reader) in readers.enumerated() {
            reader.ext.close()
            var payloads: [[UInt8]] = []
            for await message in reader.ext.messages { payloads.append(message.payload) }
            #expect(payloads == (number == 1 ? [[1], [2]] : [[2]]))
        }
    }

    @Test func `names keep extensions apart, and one that nobody registered is ignored`() async throws {
        let pair = try await Pair()
        let (left, other) = (try pair.log.extension(named: "chat"), try pair.log.extension(named: "cursors"))
        let right = try pair.copy.extension(named: "cursors")
        try left.broadcast([1])
        try other.broadcast([2])
        pair.link.settle()
        right.close()
        #expect(await right.next()?.payload == [2])
        #expect(await right.next() == nil)
        #expect(pair.log.peerCount == 1)
    }

    @Test func `all who registered one name get each message, on whatever session`() async throws {
        let pair = try await Pair()
        let second = try await pair.reader.reader(of: pair.log.key)
        let receivers = [
            try pair.copy.extension(named: "chat"), try pair.copy.extension(named: "chat"),
            try second.extension(named: "chat"),
        ]
        try pair.log.extension(named: "chat").broadcast([1])
        pair.link.settle()
        for receiver in receivers { #expect(await receiver.next()?.payload == [1]) }
    }

    @Test func `messages that are not read in time give way to later ones, and are counted`() async throws {
        let pair = try await Pair()
        let left = try pair.log.extension(named: "chat")
        // Room for four messages of one byte.
        let right = try pair.copy.extension(named: "chat", receiveBufferByteCount: 260)
        for number in 0..<10 as Range<UInt8> { try left.broadcast([number]) }
        pair.link.settle()
        #expect(right.droppedCount == 6)
        try left.broadcast(Array(repeating: 9, count: 1000))
        pair.link.settle()
        #expect(right.droppedCount == 10)
        #expect(await right.next()?.payload.count == 1000)
        try left.broadcast([7])
        pair.link.settle()
        #expect(await right.next()?.payload == [7])
        #expect(pair.log.peerCount == 1 && right.droppedCount == 10)
    }

    @Test func `an empty name is that of the last message, and means nothing before the first`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let received = try log.extension(named: "chat")
        let stream = ReplicationStream(role: .initiator)
        store.registry.replicate(on: stream)
        let peer = ScriptedPeer(.responder, of: log.key)
        Link(stream, peer)
        for (name, byte) in [("", 1), ("chat", 2), ("", 3), ("other", 4), ("", 5), ("chat", 6)] as [(String, UInt8)] {
            peer.send(.extension(.init(name: name, payload: [byte])))
        }
        var payloads: [[UInt8]] = []
        for await message in received.messages {
            payloads.append(message.payload)
            if message.payload == [6] { break }
        }
        #expect(payloads == [[2], [3], [6]])
        peer.close()
    }

    @Test func `an extension ends with its session, with the log, and when nobody holds it`() async throws {
        let pair = try await Pair()
        let second = try await pair.reader.reader(of: pair.log.key)
        let (first, other) = (try pair.copy.extension(named: "chat"), try second.extension(named: "chat"))
        let reader = Task { await first.next() }
        await pair.copy.close()
        #expect(await reader.value == nil)
        await expectError(.closed) { try first.broadcast([1]) }
        await expectError(.closed) { _ = try pair.copy.extension(named: "chat") }

        // The other session's goes on.
        let source = try pair.log.extension(named: "chat")
        try source.broadcast([2])
        pair.link.settle()
        #expect(await other.next()?.payload == [2])
        try await second.purge()
        #expect(await other.next() == nil)

        weak var dropped: CoreExtension?
        do {
            let held = try pair.log.extension(named: "dropped")
            dropped = held
        }
        #expect(dropped == nil)
        #expect(pair.log.core.state.withLock { $0.extensions.count } == 1)
    }

    @Test func `what cannot be sent is refused in words, and the stream goes on`() async throws {
        let pair = try await Pair()
        let left = try pair.log.extension(named: "chat")
        for name in ["", String(repeating: "x", count: 1025)] {
            await expectError(.outOfBounds) { _ = try pair.log.extension(named: name) }
        }
        await expectError(.tooLarge) { try left.broadcast(Array(repeating: 0, count: 16 << 20)) }
        let peer = try #require(pair.log.peers.first)
        await expectError(.tooLarge) { try await left.send(Array(repeating: 0, count: 16 << 20), to: peer) }
        let right = try pair.copy.extension(named: "chat", receiveBufferByteCount: 32 << 20)
        try left.broadcast(Array(repeating: 0, count: 15 << 20))
        pair.link.settle()
        #expect(await right.next()?.payload.count == 15 << 20)
        pair.link.cut()
        await expectError(.notAvailable) { try await left.send([1], to: peer) }
        #expect(try left.broadcast([1]) == 0)
        #expect(peer.status == nil)
    }

    @Test func `a peer that does not read is left out of broadcasts, and waited for by a send`() async throws {
        let pair = try await Pair()
        let left = try pair.log.extension(named: "chat")
        let peer = try #require(pair.log.peers.first)
        pair.link.firstIsWritable = false
        let sender = Task { try await left.send([1], to: peer) }
        try await until { pair.link.first.waiterCount == 1 }
        sender.cancel()
        await #expect(throws: CancellationError.self) { try await sender.value }
        let megabyte = Array(repeating: UInt8(1), count: 1 << 20)
        let reached = try (0..<20).map { _ in try left.broadcast(megabyte) }
        #expect(reached == Array(repeating: 1, count: 16) + Array(repeating: 0, count: 4))
        pair.link.firstIsWritable = true
        #expect(try left.broadcast([1]) == 1)
    }

    @Test func `peers are told of with what they have of the log`() async throws {
        let pair = try await Pair()
        try await pair.log.append(contentsOf: numberedBlocks(0..<5))
        pair.link.settle()
        let peer = try #require(pair.copy.peers.first)
        #expect(peer.status?.length == 5 && peer.status?.contiguousLength == 5)
        #expect(peer.status?.isUploading == true)
        #expect(pair.log.peers.first?.status?.length == 5)
        #expect(pair.log.peers.first != peer && Set(pair.copy.peers) == [peer])
        pair.link.cut()
        #expect(pair.copy.peers.isEmpty && peer.status == nil)
    }
}

/// Two stores that replicate one log.
private struct Pair {
    let (writer, reader): (TestStore, TestStore)
    let (log, copy): (Hypercore, Hypercore)
    let link: ManualLink

    init() async throws {
        (writer, reader) = (try TestStore(), try TestStore())
        log = try await writer.writable()
        copy = try await reader.reader(of: log.key)
        link = ManualLink(writer, reader)
    }
}

extension CoreExtension {
    fileprivate func next() async -> Message? {
        let iterator = messages.makeAsyncIterator()
        return await iterator.next()
    }
}
