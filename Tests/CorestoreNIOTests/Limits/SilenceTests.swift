import CorestoreNIO
import Testing

@Suite struct SilenceTests {
    @Test func whoIsSilentForTooLongIsCutOff() async throws {
        var configuration = TransportConfiguration.patient
        configuration.silenceTimeout = .milliseconds(50)
        configuration.lingerTimeout = .milliseconds(50)
        let (logger, lines) = LogRecorder.make()
        let server = try await ReplicationServer.listen(configuration: configuration, logger: logger) { _ in }
        let peer = try await StreamPeer(connectingTo: server.endpoint) { _ in }
        let line = try #require(await lines.line("connection closed"))
        #expect(line.metadata["reason"]?.contains("nothing was received") == true)
        await peer.waitUntilClosed()
        await server.shutdown()
    }

    @Test func whoHasNothingToSayIsHeardOfAllTheSame() async throws {
        var configuration = TransportConfiguration.patient
        configuration.keepAliveInterval = .milliseconds(10)
        let server = try await ReplicationServer.listen(configuration: configuration) { _ in }
        let peer = try await StreamPeer(connectingTo: server.endpoint) { _ in }
        // The first may still be what ends the handshake; after that there is nothing but keep-alives.
        for _ in 0..<3 { await peer.waitUntilRead() }
        await peer.close()
        await server.shutdown()
    }
}
