import CorestoreNIO
import NIOCore
import NIOPosix

/// The other end of a socket that does not speak the protocol, or not for long.
struct RawPeer {
    private let channel: any Channel

    /// Connects to `endpoint`.
    ///
    /// - Parameter keepsItsHalfOpen: whether it leaves its half of the connection open when the other side ends.
    init(connectingTo endpoint: Endpoint, keepsItsHalfOpen: Bool = false) async throws {
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: keepsItsHalfOpen)
            .connect(host: endpoint.host, port: Int(endpoint.port)).get()
    }

    /// Sends bytes; the other side may have closed the connection already.
    func send(_ bytes: [UInt8]) async {
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Waits until the other side closes the connection, or cuts it.
    func waitUntilClosed() async {
        try? await channel.closeFuture.get()
    }

    /// Closes the connection, if the other side has not.
    func close() async {
        try? await channel.close()
    }
}
