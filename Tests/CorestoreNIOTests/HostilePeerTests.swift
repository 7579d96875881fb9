import Corestore
import CorestoreNIO
import Hypercore
import TestSupport
import Testing

/// A server outlives whatever connects to it.
@Suite struct HostilePeerTests {
    @Test func closesTheConnectionOfWhoSendsGarbage() async throws {
        let (logger, lines) = LogRecorder.make()
        // It is the garbage that is to end the connection, however long the machine takes to send it.
        var configuration = TransportConfiguration.patient
        configuration.lingerTimeout = .milliseconds(50)
        let server = try await ReplicationServer.listen(configuration: configuration, logger: logger) { _ in }
        let peer = try await RawPeer(connectingTo: server.endpoint)
        var generator = SeededGenerator(seed: 1)
        // A frame of 32 bytes, as the handshake begins, that holds no key; then more.
        await peer.send([32, 0, 0] + [UInt8](repeating: 0xff, count: 32) + generator.bytes(1000))
        await peer.waitUntilClosed()
        let line = try #require(await lines.line("connection closed"))
        #expect(line.metadata["reason"]?.contains("closed") == false, "it failed, nobody closed it")
        #expect(server.counters.admitted == 0)
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
        // The first peer never shakes hands, and is to keep its place however long the machine takes.
        var configuration = TransportConfiguration.patient
        configuration.maximumConnectionCount = 1
        let (logger, lines) = LogRecorder.make()
        let server = try await ReplicationServer.listen(
            on: .ownPort(5), configuration: configuration, logger: logger
        ) { _ in }
        let first = try await RawPeer(connectingTo: server.endpoint)
        _ = await lines.line("connection accepted")
        #expect(server.connectionCount == 1)

        let second = try await RawPeer(connectingTo: server.endpoint)
        await second.waitUntilClosed()

        // The place is free again once the first has gone.
        await first.close()
        _ = await lines.line("connection closed")
        await server.shutdown()
        #expect(server.connectionCount == 0)
        #expect(server.counters.accepted == 1 && server.counters.noRoom == 1)
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
