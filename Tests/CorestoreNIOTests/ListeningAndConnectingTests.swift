import CorestoreNIO
import Hypercore
import Testing

/// What a user is told where a socket cannot be had.
@Suite struct ListeningAndConnectingTests {
    @Test func saysThatThePortIsInUse() async throws {
        let first = try await ReplicationServer.listen { _ in }
        let error = await #expect(throws: TransportError.self) {
            try await ReplicationServer.listen(on: first.endpoint) { _ in }
        }
        #expect(error?.code == .addressInUse)
        #expect(error?.message.contains("\(first.endpoint)") == true)
        await first.shutdown()
    }

    @Test func listensAgainOnAPortThatWasJustGivenUp() async throws {
        // In a process of its own: one that starts another shares its sockets with it for a moment.
        await #expect(processExitsWith: .success) {
            let first = try await ReplicationServer.listen(on: .ownPort(2)) { _ in }
            let peer = try await RawPeer(connectingTo: first.endpoint)
            await first.shutdown()
            await peer.waitUntilClosed()
            let second = try await ReplicationServer.listen(on: first.endpoint) { _ in }
            #expect(second.endpoint == first.endpoint)
            await second.shutdown()
        }
    }

    @Test func saysThatTheAddressIsNotOurs() async {
        let error = await #expect(throws: TransportError.self) {
            // A test network of RFC 5737, which no machine has.
            try await ReplicationServer.listen(on: Endpoint(host: "192.0.2.1", port: 0)) { _ in }
        }
        #expect(error?.code == .addressNotAvailable)
    }

    @Test func saysThatNobodyListens() async throws {
        // In a process of its own: one that starts another shares its sockets with it for a moment.
        await #expect(processExitsWith: .success) {
            let server = try await ReplicationServer.listen(on: .ownPort(3)) { _ in }
            await server.shutdown()
            let error = await #expect(throws: TransportError.self) {
                try await ReplicationClient().connect(to: server.endpoint) { _ in }
            }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("\(server.endpoint)") == true)
        }
    }

    @Test func saysThatTheNameIsNotKnown() async {
        let error = await #expect(throws: TransportError.self) {
            try await ReplicationClient().connect(to: Endpoint(host: "host.invalid", port: 1)) { _ in }
        }
        #expect(error?.code == .nameNotFound)
    }

    @Test func namesTheRemoteEndOfAConnection() async throws {
        let server = try await ReplicationServer.listen { _ in }
        let connection = try await ReplicationClient().connect(to: server.endpoint) { _ in }
        #expect(connection.remoteEndpoint == server.endpoint)
        await connection.close()
        await server.shutdown()
    }
}
