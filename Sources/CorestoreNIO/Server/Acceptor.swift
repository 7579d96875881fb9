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

    /// Prepares an accepted socket, on its event loop.
    ///
    /// - Throws: `.closed` where there is no room for it, which closes the socket.
    func accept(_ channel: any Channel) throws {
        let stream = ReplicationStream(
            role: .responder, keyPair: keyPair, configuration: configuration.streamConfiguration)
        let progress = ConnectionProgress()
        let connection = ReplicationConnection(stream: stream, channel: channel, progress: progress)
        var logger = logger
        logger[metadataKey: "remote"] = connection.remoteEndpoint.map { "\($0)" }
        if let refusal = connections.takeIn(connection, on: channel) {
            logger.debug("connection refused", metadata: ["reason": "\(refusal)"])
            throw TransportError(.closed, "the server takes no more connections: \(refusal)")
        }
        logger.debug("connection accepted")
        let plan = ConnectionPlan(
            stream: stream, progress: progress, configuration: configuration, logger: logger,
            refusal: { [connections] peer in connections.refusal(of: peer, on: connection) }, attach: attach)
        try plan.install(on: channel)
    }
}
