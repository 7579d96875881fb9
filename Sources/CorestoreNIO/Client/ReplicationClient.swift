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
///
/// A client is a stranger by default: its key pair is a fresh one. Where the server admits known keys only, it shows the
/// store's own, and had better know whom it shows it to:
///
/// ```swift
/// let client = ReplicationClient(keyPair: try store.identity(), admitting: .only([server]))
/// ```
public struct ReplicationClient: Sendable {
    /// What this side is known by to peers.
    public var keyPair: KeyPair
    /// Which servers it talks to. One that is not admitted does not learn our public key.
    public var admission: PeerAdmission
    /// The bounds of a connection.
    public var configuration: TransportConfiguration
    /// Where connections are logged, at debug and trace only.
    public var logger: Logger

    /// Prepares connecting.
    ///
    /// - Parameters:
    ///   - keyPair: what this side is known by; a fresh one where nobody checks.
    ///   - admission: the public keys of servers that are talked to; by default any.
    ///   - configuration: the bounds of a connection.
    ///   - logger: where connections are logged, at debug and trace only; nowhere by default.
    public init(
        keyPair: KeyPair = KeyPair(), admitting admission: PeerAdmission = .everyone,
        configuration: TransportConfiguration = .init(), logger: Logger = .silent
    ) {
        self.keyPair = keyPair
        self.admission = admission
        self.configuration = configuration
        self.logger = logger
    }
}

// MARK: - Connecting

extension ReplicationClient {
    /// Connects, and replicates every core of `store` over the connection once the other side is admitted.
    ///
    /// - Returns: when the socket is connected; the encrypted handshake goes on by itself
    ///   (``ReplicationConnection/waitUntilReady()``).
    /// - Throws: `.invalidName`, `.refused`, `.unreachable`, `.nameNotFound`, `.timedOut` and what else the system says;
    ///   `.cancelled` at once where the task is.
    public func connect(
        to endpoint: Endpoint, replicating store: Corestore
    ) async throws(TransportError) -> ReplicationConnection {
        try await connect(to: endpoint) { store.replicate(on: $0) }
    }

    /// Connects, and hands the stream to `attach` once the handshake is complete and the other side admitted, before
    /// anything else of it is read. It is called on the event loop of the connection, which it must not block.
    ///
    /// - Throws: as ``connect(to:replicating:)``.
    public func connect(
        to endpoint: Endpoint, attaching attach: @escaping @Sendable (ReplicationStream) -> Void
    ) async throws(TransportError) -> ReplicationConnection {
        guard endpoint.hasWellFormedHost else {
            throw TransportError(.invalidName, "\(endpoint.host) is no name of a host and no address")
        }
        let plan = plan(for: endpoint, attach: attach)
        do {
            let channel = try await socket(for: plan, to: endpoint)
            return ReplicationConnection(stream: plan.stream, channel: channel, progress: plan.progress)
        } catch {
            let failure = TransportError(connectingTo: endpoint, error)
            plan.stream.transportClosed(failure)
            logger.debug("not connected", metadata: ["remote": "\(endpoint)", "reason": "\(failure)"])
            throw failure
        }
    }

    private func plan(
        for endpoint: Endpoint, attach: @escaping @Sendable (ReplicationStream) -> Void
    ) -> ConnectionPlan {
        var logger = logger
        logger[metadataKey: "remote"] = "\(endpoint)"
        return ConnectionPlan(
            stream: ReplicationStream(
                role: .initiator, keyPair: keyPair, configuration: configuration.streamConfiguration),
            progress: ConnectionProgress(), configuration: configuration, logger: logger,
            refusal: { [admission] peer in admission.admits(peer) ? nil : .notAdmitted(peer) }, attach: attach)
    }

    /// Connects a socket, and does not wait for one any more when the task is cancelled.
    private func socket(for plan: ConnectionPlan, to endpoint: Endpoint) async throws -> any Channel {
        try Task.checkCancellation()
        let connecting = bootstrap(plan).connect(host: endpoint.host, port: Int(endpoint.port))
        // Whichever of the two comes first completes the promise; the other is ignored.
        let outcome = connecting.eventLoop.makePromise(of: (any Channel).self)
        connecting.cascade(to: outcome)
        do {
            return try await withTaskCancellationHandler {
                try await outcome.futureResult.get()
            } onCancel: {
                outcome.fail(CancellationError())
            }
        } catch {
            connecting.whenSuccess { $0.close(promise: nil) }
            throw error
        }
    }

    private func bootstrap(_ plan: ConnectionPlan) -> ClientBootstrap {
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.init(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.writeBufferWaterMark, value: configuration.waterMarks)
            .channelOption(.recvAllocator, value: configuration.readBuffers)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try plan.install(on: channel) }
            }
    }
}
