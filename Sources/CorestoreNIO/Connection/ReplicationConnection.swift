public import Crypto
public import Hypercore
import NIOCore

/// A connection to a peer: a stream on a TCP socket.
public final class ReplicationConnection: Sendable {
    /// The stream that runs on the socket; attach stores or logs to it.
    public let stream: ReplicationStream
    /// The other end of the socket, where the system names one.
    public let remoteEndpoint: Endpoint?

    private let channel: any Channel
    private let progress: ConnectionProgress

    init(stream: ReplicationStream, channel: any Channel, progress: ConnectionProgress) {
        self.stream = stream
        self.channel = channel
        self.progress = progress
        remoteEndpoint = channel.remoteAddress.flatMap(Endpoint.init)
    }

    /// The key that the other side has proved to hold, once the handshake is complete.
    public var remotePublicKey: PublicKey? { stream.remotePublicKey }

    /// Bytes that came through the socket, as they are on the wire.
    public var receivedByteCount: UInt64 { progress.receivedByteCount }

    /// Bytes that were handed to the socket, as they are on the wire.
    public var sentByteCount: UInt64 { progress.sentByteCount }
}

// MARK: - Waiting

extension ReplicationConnection {
    /// Waits until the handshake is complete and the other side is admitted; from then on logs are replicated.
    ///
    /// Cancelling the waiting task does not end the wait: close the connection.
    ///
    /// - Returns: the key that the other side has proved to hold.
    /// - Throws: why the connection ended before: `.notAdmitted`, `.timedOut`, `.closed` and what else breaks connections.
    @discardableResult
    public func waitUntilReady() async throws(TransportError) -> PublicKey {
        try await progress.waitUntilReady()
    }

    /// Waits until the connection has ended, and says how.
    public func waitUntilClosed() async -> ReplicationStreamEnd {
        await stream.waitUntilClosed()
    }

    /// Why the connection ended, where the transport saw it: `.notAdmitted` where the other side's key is not admitted
    /// here, `.turnedAway` where it is most likely ours that is not admitted there, and what the system reports. `nil` while
    /// it goes on, and where either side simply closed it or the stream itself failed (``waitUntilClosed()``).
    public var failure: TransportError? { progress.failure }
}

// MARK: - Ending

extension ReplicationConnection {
    /// Ends the connection after what was written has left, and waits until the socket is closed. Closing again only
    /// waits.
    public func close() async {
        stream.close()
        await waitUntilSocketClosed()
    }

    /// Waits until the socket itself is gone.
    func waitUntilSocketClosed() async {
        // The future of a channel's end never fails.
        try? await channel.closeFuture.get()
    }

    /// Cuts the connection, because of `failure`, without sending what waits.
    func cut(_ failure: TransportError) {
        channel.eventLoop.execute { [channel] in
            channel.pipeline.fireUserInboundEventTriggered(ReplicationHandler.Cut(reason: failure))
        }
    }
}

extension Endpoint {
    /// Reads an address of the system; `nil` for a Unix socket, which has no host.
    init?(_ address: SocketAddress) {
        guard let host = address.ipAddress, let port = address.port.flatMap({ UInt16(exactly: $0) }) else { return nil }
        self.init(host: host, port: port)
    }
}
