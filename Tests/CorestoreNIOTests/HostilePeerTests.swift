import Corestore
import CorestoreNIO
import Hypercore
import TestSupport
import Testing

/// A server outlives whatever connects to it.
@Suite struct HostilePeerTests {
    @Test func closesTheConnectionOfWhoSendsGarbage() async throws {
        let ends = AsyncStream.makeStream(of: ReplicationStream.self)
        var configuration = TransportConfiguration()
        configuration.lingerTimeout = .milliseconds(50)
        // It is the garbage that is to end the connection, however long the machine takes to send it.
        configuration.handshakeTimeout = .seconds(3600)
        let server = try await ReplicationServer.listen(configuration: configuration) { ends.continuation.yield($0) }
        let peer = try await RawPeer(connectingTo: server.endpoint)
        var generator = SeededGenerator(seed: 1)
        // A frame of 32 bytes, as the handshake begins, that holds no key; then more.
        await peer.send([32, 0, 0] + [UInt8](repeating: 0xff, count: 32) + generator.bytes(1000))
        await peer.waitUntilClosed()
        let stream = try #require(await ends.stream.first { _ in true })
        guard case .failed(let error) = await stream.waitUntilClosed() else {
            return #expect(Bool(false), "the stream did not fail")
        }
        #expect(error.code == .stream)
        await server.shutdown()
    }

    @Test(arguments: [[], [32, 0, 0], [32, 0, 0, 1, 2, 3]] as [[UInt8]])
    func closesTheConnectionOfWhoDoesNotFinishTheHandshake(beginning: [UInt8]) async throws {
        var configuration = TransportConfiguration()
        configuration.handshakeTimeout = .milliseconds(50)
        configuration.lingerTimeout = .milliseconds(50)
        let server = try await ReplicationServer.listen(configuration: configuration) { _ in }
        let peer = try await RawPeer(connectingTo: server.endpoint)
        if !beginning.isEmpty { await peer.send(beginning) }
        await peer.waitUntilClosed()
        await server.shutdown()
    }

    @Test func refusesMoreConnectionsThanItMayHold() async throws {
        var configuration = TransportConfiguration()
        configuration.maximumConnectionCount = 1
        // The first peer never shakes hands, and is to keep its place however long the machine takes.
        configuration.handshakeTimeout = .seconds(3600)
        let accepted = AsyncStream.makeStream(of: ReplicationStream.self)
        let server = try await ReplicationServer.listen(on: .ownPort(5), configuration: configuration) {
            accepted.continuation.yield($0)
        }
        let first = try await RawPeer(connectingTo: server.endpoint)
        let stream = try #require(await accepted.stream.first { _ in true })
        #expect(server.connectionCount == 1)

        let second = try await RawPeer(connectingTo: server.endpoint)
        await second.waitUntilClosed()

        // The place is free again once the first has gone.
        await first.close()
        _ = await stream.waitUntilClosed()
        await server.shutdown()
        #expect(server.connectionCount == 0)
    }

    @Test func servesOthersAfterGarbage() async throws {
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            try await log.append([1, 2, 3])
            let server = try await ReplicationServer.listen(serving: origin)
            let hostile = try await RawPeer(connectingTo: server.endpoint)
            await hostile.send([UInt8](repeating: 0, count: 100))
            let reader = try await copy.get(key: log.key)
            let connection = try await ReplicationClient().connect(to: server.endpoint, replicating: copy)
            #expect(try await reader.get(0) == [1, 2, 3])
            await connection.close()
            await hostile.close()
            await server.shutdown()
        }
    }
}
