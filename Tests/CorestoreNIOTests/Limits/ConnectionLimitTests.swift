import CorestoreNIO
import Hypercore
import Testing

/// How many connections a server takes; each test listens at an address of its own.
@Suite struct ConnectionLimitTests {
    @Test func anAddressHasOnlySoManyConnections() async throws {
        var configuration = TransportConfiguration()
        configuration.maximumConnectionCountPerAddress = 2
        let (logger, lines) = LogRecorder.make()
        let server = try await ReplicationServer.listen(configuration: configuration, logger: logger) { _ in }
        let client = ReplicationClient(configuration: configuration)
        let first = try await client.connect(to: server.endpoint) { _ in }
        let second = try await client.connect(to: server.endpoint) { _ in }
        try await first.waitUntilReady()
        try await second.waitUntilReady()

        let third = try await RawPeer(connectingTo: server.endpoint)
        await third.waitUntilClosed()
        let line = try #require(await lines.line("connection refused"))
        #expect(line.metadata["reason"] == "too many connections with this address")

        // A place that was left can be taken.
        await first.close()
        while server.connectionCount > 1 { await Task.yield() }
        let fourth = try await client.connect(to: server.endpoint) { _ in }
        try await fourth.waitUntilReady()
        await server.shutdown()
        #expect(server.counters.noRoom == 1)
        #expect(server.counters.accepted == 3)
    }

    @Test func onlySoManyHandshakesAreUnderWay() async throws {
        // The first peer keeps its place however long the machine takes.
        var configuration = TransportConfiguration.patient
        configuration.maximumHandshakeCount = 1
        let (logger, lines) = LogRecorder.make()
        let attached = AsyncStream.makeStream(of: Void.self)
        let server = try await ReplicationServer.listen(configuration: configuration, logger: logger) { _ in
            attached.continuation.yield()
        }
        // Who has completed the handshake does not count.
        let ready = try await ReplicationClient().connect(to: server.endpoint) { _ in }
        _ = await attached.stream.first { true }
        let silent = try await RawPeer(connectingTo: server.endpoint)
        // Of the second connection; the line of the first went before.
        _ = await lines.line("connection accepted")
        _ = await lines.line("connection accepted")
        let refused = try await RawPeer(connectingTo: server.endpoint)
        await refused.waitUntilClosed()
        let line = try #require(await lines.line("connection refused"))
        #expect(line.metadata["reason"] == "too many handshakes under way")
        await silent.close()
        await ready.close()
        await server.shutdown()
    }
}
