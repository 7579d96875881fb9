import Crypto
import Hypercore
import Logging
import NIOCore
import SecretStream

/// Makes a replication stream of each socket that a server accepts.
struct Acceptor: Sendable {
    let keyPair: KeyPair
    let configuration: TransportConfiguration
    let logger: Logger
    let attach: @Sendable (ReplicationStream) -> Void
    let connections: ConnectionRegistry

    init(
        keyPair: KeyPair, configuration: TransportConfiguration, logger: Logger,
        attach: @escaping @Sendable (ReplicationStream) -> Void
    ) {
        self.keyPair = keyPair
        self.configuration = configuration
        self.logger = logger
        self.attach = attach
        connections = ConnectionRegistry(limit: configuration.maximumConnectionCount)
    }

    /// Prepares an accepted socket, on its event loop.
    ///
    /// - Throws: `.closed` where there is no room for it, which closes the socket.
    func accept(_ channel: any Channel) throws {
        let stream = ReplicationStream(
            role: .responder, keyPair: keyPair, configuration: configuration.streamConfiguration)
        let connection = ReplicationConnection(stream: stream, channel: channel)
        var logger = logger
        logger[metadataKey: "remote"] = connection.remoteEndpoint.map { "\($0)" }
        guard connections.admit(connection, on: channel) else {
            logger.debug("refused a connection: no room", metadata: ["connections": "\(connections.count)"])
            throw TransportError(.closed, "the server takes no more connections")
        }
        logger.debug("accepted")
        attach(stream)
        try ReplicationConnection.install(stream, on: channel, configuration: configuration, logger: logger)
    }
}
