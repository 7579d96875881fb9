public import Corestore
public import Crypto
public import Hypercore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Serves a store to whoever connects over TCP, from the moment it listens until it is shut down.
///
/// ```swift
/// let server = try await ReplicationServer.listen(on: .anyLocalPort, serving: store)
/// print("listening on \(server.endpoint)")
/// try await server.run()          // until the task is cancelled, or its service group shuts down
/// ```
public final class ReplicationServer: Service {
    /// Where it listens, with the port that the system chose.
    public let endpoint: Endpoint

    private let listener: any Channel
    private let connections: ConnectionRegistry

    private init(endpoint: Endpoint, listener: any Channel, connections: ConnectionRegistry) {
        self.endpoint = endpoint
        self.listener = listener
        self.connections = connections
    }

    /// How many connections there are right now.
    public var connectionCount: Int { connections.count }

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
    /// Listens, and replicates every core of `store` with whoever connects.
    ///
    /// - Parameters:
    ///   - endpoint: where to listen; port 0 is any free one.
    ///   - keyPair: what this side is known by to peers; a fresh one where nobody checks.
    ///   - logger: where connections are logged, at debug and trace only; nowhere by default.
    /// - Throws: `.addressInUse`, `.addressNotAvailable`, `.notPermitted`, `.nameNotFound`.
    public static func listen(
        on endpoint: Endpoint = .anyLocalPort, serving store: Corestore, keyPair: KeyPair = KeyPair(),
        configuration: TransportConfiguration = .init(), logger: Logger = .silent
    ) async throws(TransportError) -> ReplicationServer {
        try await listen(on: endpoint, keyPair: keyPair, configuration: configuration, logger: logger) {
            store.replicate(on: $0)
        }
    }

    /// Listens, and hands the stream of each new connection to `attach` before anything is sent on it.
    ///
    /// - Throws: as ``listen(on:serving:keyPair:configuration:logger:)``.
    public static func listen(
        on endpoint: Endpoint = .anyLocalPort, keyPair: KeyPair = KeyPair(),
        configuration: TransportConfiguration = .init(), logger: Logger = .silent,
        attaching attach: @escaping @Sendable (ReplicationStream) -> Void
    ) async throws(TransportError) -> ReplicationServer {
        let acceptor = Acceptor(keyPair: keyPair, configuration: configuration, logger: logger, attach: attach)
        do {
            let listener = try await bootstrap(acceptor).bind(host: endpoint.host, port: Int(endpoint.port)).get()
            let bound = listener.localAddress.flatMap(Endpoint.init) ?? endpoint
            logger.debug("listening", metadata: ["endpoint": "\(bound)"])
            return ReplicationServer(endpoint: bound, listener: listener, connections: acceptor.connections)
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
