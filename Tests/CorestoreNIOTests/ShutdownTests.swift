import Corestore
import CorestoreNIO
import Hypercore
import Testing

@Suite struct ShutdownTests {
    @Test func shuttingDownWhileBusyEndsEveryConnectionAndWaitsForIt() async throws {
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            try await log.append(contentsOf: (0..<64).map { [UInt8](repeating: UInt8($0), count: 1 << 20) })
            let server = try await ReplicationServer.listen(serving: origin)
            let reader = try await copy.get(key: log.key)
            let connection = try await ReplicationClient().connect(to: server.endpoint, replicating: copy)
            let download = try reader.download(end: 64)
            _ = try await reader.get(0)

            await server.shutdown()
            #expect(server.connectionCount == 0)
            guard case .closedByRemote = await connection.waitUntilClosed() else {
                return #expect(Bool(false), "the client was not told that the server has gone")
            }
            download.cancel()
            await connection.close()
            #expect(try reader.read(0) == [UInt8](repeating: 0, count: 1 << 20))
        }
    }

    @Test func runsUntilItsTaskIsCancelled() async throws {
        // In a process of its own: one that starts another shares its sockets with it for a moment.
        await #expect(processExitsWith: .success) {
            let server = try await ReplicationServer.listen(on: .ownPort(4)) { _ in }
            let running = Task { await server.run() }
            let peer = try await RawPeer(connectingTo: server.endpoint)
            running.cancel()
            await running.value
            await peer.waitUntilClosed()
            await #expect(throws: TransportError.self) {
                try await ReplicationClient().connect(to: server.endpoint) { _ in }
            }
        }
    }

    @Test func shuttingDownAgainOnlyWaits() async throws {
        let server = try await ReplicationServer.listen { _ in }
        await server.shutdown()
        await server.shutdown()
        await server.run()
    }

    @Test func aPeerThatDoesNotCloseItsHalfIsCutOffInTheEnd() async throws {
        var configuration = TransportConfiguration()
        configuration.lingerTimeout = .milliseconds(50)
        let (logger, lines) = LogRecorder.make()
        let server = try await ReplicationServer.listen(configuration: configuration, logger: logger) { _ in }
        // Unlike a replication stream, it keeps its half open when the other's ends.
        let peer = try await RawPeer(connectingTo: server.endpoint, keepsItsHalfOpen: true)
        _ = await lines.line("connection accepted")
        await server.shutdown()
        #expect(server.connectionCount == 0)
        await peer.close()
    }
}
