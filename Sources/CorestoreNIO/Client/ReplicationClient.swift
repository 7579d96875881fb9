public import Corestore
public import Crypto
public import Hypercore
public import Logging
import NIOCore
import NIOPosix
import SecretStream

/// Connects to peers that listen on TCP.
///
/// ```swift
/// let client = ReplicationClient()
/// let connection = try await client.connect(to: Endpoint(host: "example.org", port: 4000), replicating: store)
/// let end = await connection.waitUntilClosed()
/// ```
public struct ReplicationClient: Sendable {
    /// What this side is known by to peers.
    public var keyPair: KeyPair
    /// The bounds of a connection.
    public var configuration: TransportConfiguration
    /// Where connections are logged, at debug and trace only.
    public var logger: Logger

    /// Prepares connecting.
    ///
    /// - Parameters:
    ///   - keyPair: what this side is known by; a fresh one where nobody checks.
    ///   - logger: where connections are logged, at debug and trace only; nowhere by default.
    public init(
        keyPair: KeyPair = KeyPair(), configuration: TransportConfiguration = .init(), logger: Logger = .silent
    ) {
        self.keyPair = keyPair
        self.configuration = configuration
        self.logger = logger
    }

    /// Connects, and replicates every core of `store` over the connection.
    ///
    /// - Returns: when the socket is connected; the encrypted handshake goes on by itself.
    /// - Throws: `.refused`, `.unreachable`, `.nameNotFound`, `.timedOut` and what else the system says.
    public func connect(
        to endpoint: Endpoint, replicating store: Corestore
    ) async throws(TransportError) -> ReplicationConnection {
        try await connect(to: endpoint) { store.replicate(on: $0) }
    }

    /// Connects, and hands the stream to `attach` before anything is sent.
    ///
    /// - Throws: as ``connect(to:replicating:)``.
    public func connect(
        to endpoint: Endpoint, attaching attach: (ReplicationStream) -> Void
    ) async throws(TransportError) -> ReplicationConnection {
        let stream = ReplicationStream(
            role: .initiator, keyPair: keyPair, configuration: configuration.streamConfiguration)
        attach(stream)
        do {
            let channel = try await bootstrap(stream).connect(host: endpoint.host, port: Int(endpoint.port)).get()
            logger.debug("connected", metadata: ["endpoint": "\(endpoint)"])
            return ReplicationConnection(stream: stream, channel: channel)
        } catch {
            let failure = TransportError(connectingTo: endpoint, error)
            stream.transportClosed(failure)
            throw failure
        }
    }

    private func bootstrap(_ stream: ReplicationStream) -> ClientBootstrap {
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.init(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.writeBufferWaterMark, value: configuration.waterMarks)
            .channelOption(.recvAllocator, value: configuration.readBuffers)
            .channelInitializer { [configuration, logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try ReplicationConnection.install(
                        stream, on: channel, configuration: configuration, logger: logger)
                }
            }
    }
}
