public import Hypercore
import Logging
import NIOCore

/// A connection to a peer: a stream on a TCP socket.
public final class ReplicationConnection: Sendable {
    /// The stream that runs on the socket; attach stores or logs to it.
    public let stream: ReplicationStream
    /// The other end of the socket, where the system names one.
    public let remoteEndpoint: Endpoint?

    private let channel: any Channel

    init(stream: ReplicationStream, channel: any Channel) {
        self.stream = stream
        self.channel = channel
        remoteEndpoint = channel.remoteAddress.flatMap(Endpoint.init)
    }

    /// Waits until the connection has ended, and says how.
    public func waitUntilClosed() async -> ReplicationStreamEnd {
        await stream.waitUntilClosed()
    }

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
}

extension ReplicationConnection {
    /// Puts a stream onto a channel that is about to become active.
    static func install(
        _ stream: ReplicationStream, on channel: any Channel, configuration: TransportConfiguration, logger: Logger
    ) throws {
        let transport = ChannelTransport(channel: channel, highWaterMark: configuration.writeHighWaterMark)
        let handler = ReplicationHandler(
            stream: stream, transport: transport, configuration: configuration, logger: logger)
        try channel.pipeline.syncOperations.addHandler(handler)
    }
}

extension Endpoint {
    /// Reads an address of the system; `nil` for a Unix socket, which has no host.
    init?(_ address: SocketAddress) {
        guard let host = address.ipAddress, let port = address.port.flatMap({ UInt16(exactly: $0) }) else { return nil }
        self.init(host: host, port: port)
    }
}
