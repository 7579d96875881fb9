import Corestore
import Crypto
import Hypercore
import SecretStream
import Testing

/// How a store is replicated: over a stream of its own making, or over one that carries other things as well.
@Suite(.timeLimit(.minutes(5))) struct StreamFormTests {
    @Test func `a store makes the stream that it is replicated over`() async throws {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let log = try await left.get(name: "log")
        try await log.append([1])
        let (mine, theirs) = (try left.createKeyPair("identity"), try right.createKeyPair("identity"))
        let pipe = StorePipe(
            try left.namespace("a").replicate(as: .initiator, keyPair: mine),
            try right.replicate(as: .responder, keyPair: theirs))
        #expect(try await right.get(key: log.key).get(0) == [1])
        #expect(pipe.initiator.remotePublicKey == theirs.publicKey)
        #expect(pipe.responder.remotePublicKey == mine.publicKey)
        await pipe.cut()
        try await left.close()
        try await right.close()
    }

    @Test func `a stream that carries an application's channel carries the store's logs as well, once or twice`()
        async throws
    {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let log = try await left.get(name: "log")
        try await log.append([1])
        let streams = (ReplicationStream(role: .initiator), ReplicationStream(role: .responder))
        // Before the streams are joined, for a channel that nobody wants is turned down.
        let (chat, other) = (try streams.0.open(protocol: "chat"), try streams.1.open(protocol: "chat"))
        let pipe = StorePipe(streams.0, streams.1)
        try await chat.send([7])
        let messages = other.messages.makeAsyncIterator()
        #expect(try await messages.next()?.body == [7])
        for _ in 0..<2 {
            left.replicate(on: pipe.initiator)
            right.replicate(on: pipe.responder)
        }
        #expect(try await right.get(key: log.key).get(0) == [1])
        #expect(log.peerCount == 1)
        chat.close()
        try await log.append([2])
        #expect(try await right.get(key: log.key).get(1) == [2])
        await pipe.cut()
        try await left.close()
        try await right.close()
    }

    @Test func `a passive store serves what peers ask for, and lets go of each log after`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.open()
        var keys: [CoreKey] = []
        for number in 0..<20 {
            let log = try await store.get(name: "\(number)")
            try await log.append([UInt8(number)])
            keys.append(log.key)
        }
        try await store.close()
        store = try await directory.open { $0.isActive = false }
        let reader = try await Corestore.inMemory()
        for round in 0..<3 {
            let pipe = StorePipe(store, reader)
            for index in stride(from: round, to: 20, by: 3) {
                #expect(try await reader.get(key: keys[index]).get(0) == [UInt8(index)])
            }
            #expect(store.openLogCount <= 20 - round * 2)
            await pipe.cut()
            try await until { store.openLogCount == 0 && reader.openLogCount == 0 }
        }
        try await store.close()
        try await reader.close()
    }
}
