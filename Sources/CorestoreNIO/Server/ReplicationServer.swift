public import Corestore
public import Crypto
public import Hypercore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Serves a store to whoever connects over TCP and is admitted, from the moment it listens until it is shut down.
///
/// ```swift
/// let server = try await ReplicationServer.listen(on: .anyLocalPort, serving: store)
/// print("listening on \(server.endpoint) as \(server.publicKey)")
/// try await server.run()          // until the task is cancelled, or its service group shuts down
/// ```
public final class ReplicationServer: Service {
    /// Where it listens, with the port that the system chose.
    public let endpoint: Endpoint
    /// What it is known by to peers.
    public let publicKey: PublicKey

    private let listener: any Channel
    private let connections: ConnectionRegistry

    private init(endpoint: Endpoint, publicKey: PublicKey, listener: any Channel, connections: ConnectionRegistry) {
        self.endpoint = endpoint
        self.publicKey = publicKey
        self.listener = listener
        self.connections = connections
    }

    /// How many connections there are right now.
    public var connectionCount: Int { connections.count }

    /// What has come to the server since it listens. Takes as long as there are connections.
    public var counters: ServerCounters { connections.counters }

    /// Changes which peers are admitted, and cuts off those that are not any more.
    ///
    /// - Returns: how many were cut off.
    @discardableResult
    public func admit(_ admission: PeerAdmission) -> Int {
        connections.change(to: admission)
    }

    /// Serves until the task is cancelled or its service group shuts down, then shuts down.
    public func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            // The future of a channel's end never fails.
            try? await listener.closeFuture.get()
        } onCancelOrGracefulShutdown: { [listener] in
            listener.close(promise: nil)
        }
        await shutdown()
    }

    /// Stops listening, ends every connection once what was written to it has left, and waits for all of that; at most
    /// ``TransportConfiguration/lingerTimeout``. Shutting down again only waits.
    public func shutdown() async {
        listener.close(promise: nil)
        try? await listener.closeFuture.get()
        await connections.close()
    }
}

// MARK: - Listening

extension ReplicationServer {
    /// Listens, and replicates every core of `store` with whoever connects and is admitted.
    ///
    /// - Parameters:
    ///   - endpoint: where to listen; port 0 is any free one.
    ///   - store: what is replicated.
    ///   - keyPair: what this side is known by to peers; by default the store's own `identity()`, so that clients know the
    ///     server again. A fresh `KeyPair()` makes it a stranger each time.
    ///   - admission: who is let in; see ``admit(_:)``.
    ///   - configuration: the bounds of a connection, and of all together.
    ///   - logger: where connections are logged, at debug and trace only; nowhere by default.
    /// - Throws: `.addressInUse`, `.addressNotAvailable`, `.notPermitted`, `.nameNotFound`; `.closed` where the store is.
    public static func listen(
        on endpoint: Endpoint = .anyLocalPort, serving store: Corestore, keyPair: KeyPair? = nil,
        admitting admission: PeerAdmission = .everyone, configuration: TransportConfiguration = .init(),
        logger: Logger = .silent
    ) async throws(TransportError) -> ReplicationServer {
        let identity: KeyPair
        do throws(CorestoreError) {
            identity = if let keyPair { keyPair } else { try store.identity() }
        } catch {
            throw TransportError(.closed, error.message)
        }
        return try await listen(
            on: endpoint, keyPair: identity, admitting: admission, configuration: configuration, logger: logger
        ) { store.replicate(on: $0) }
    }

    /// Listens, and hands `attach` the stream of each peer that has completed the handshake and is admitted, before anything
    /// else of the peer is read. Its `remotePublicKey` says who that is. It is called on the event loop of the connection,
    /// which it must not block.
    ///
    /// - Throws: as ``listen(on:serving:keyPair:admitting:configuration:logger:)``.
    public static func listen(
        on endpoint: Endpoint = .anyLocalPort, keyPair: KeyPair = KeyPair(),
        admitting admission: PeerAdmission = .everyone, configuration: TransportConfiguration = .init(),
        logger: Logger = .silent, attaching attach: @escaping @Sendable (ReplicationStream) -> Void
    ) async throws(TransportError) -> ReplicationServer {
        let connections = ConnectionRegistry(configuration, admission: admission)
        let acceptor = Acceptor(
            keyPair: keyPair, configuration: configuration, logger: logger, attach: attach, connections: connections)
        do {
            let listener = try await bootstrap(acceptor).bind(host: endpoint.host, port: Int(endpoint.port)).get()
            let bound = listener.localAddress.flatMap(Endpoint.init) ?? endpoint
            logger.debug("listening", metadata: ["endpoint": "\(bound)", "identity": "\(keyPair.publicKey.shortText)"])
            return ReplicationServer(
                endpoint: bound, publicKey: keyPair.publicKey, listener: listener, connections: connections)
        } catch {
            throw TransportError(listeningOn: endpoint, error)
        }
    }

    private static func bootstrap(_ acceptor: Acceptor) -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: acceptor.configuration.waterMarks)
            .childChannelOption(.recvAllocator, value: acceptor.configuration.readBuffers)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try acceptor.accept(channel) }
            }
    }
}
