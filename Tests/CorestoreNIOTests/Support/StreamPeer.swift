import CorestoreNIO
import Hypercore
import NIOCore
import NIOPosix
import SecretStream

/// A peer that speaks the protocol, and reads from its socket only as it is told to.
final class StreamPeer: Sendable {
    let stream: ReplicationStream
    private let channel: any Channel
    private let reads: AsyncStream<Void>

    /// Connects to `endpoint` and shakes hands, or returns once the other side has ended the connection.
    init(connectingTo endpoint: Endpoint, attaching attach: (ReplicationStream) -> Void) async throws {
        let stream = ReplicationStream(role: .initiator)
        attach(stream)
        self.stream = stream
        let ready = AsyncStream.makeStream(of: Void.self)
        reads = ready.stream
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let feeder = Feeder(stream, ready.continuation)
                    try channel.pipeline.syncOperations.addHandler(feeder)
                }
            }
            .connect(host: endpoint.host, port: Int(endpoint.port)).get()
        stream.start(on: PlainTransport(channel: channel))
        _ = await ready.stream.first { true }
    }

    /// Reads no further, or goes on.
    func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
    }

    /// Waits until something more has arrived.
    func waitUntilRead() async {
        _ = await reads.first { true }
    }

    /// Waits until the other side closes the connection, or cuts it.
    func waitUntilClosed() async {
        try? await channel.closeFuture.get()
    }

    func close() async {
        stream.close()
        try? await channel.close()
    }
}

/// Writes what it is given, however much waits, and never ticks: a peer that has nothing to say is silent.
private struct PlainTransport: StreamTransport {
    let channel: any Channel

    var isWritable: Bool { true }
    func write(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
    func deadlineChanged() {}
    func close() { channel.close(promise: nil) }
}

/// Hands what it reads to a stream, and tells so once the handshake is complete.
private final class Feeder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let stream: ReplicationStream
    private let reads: AsyncStream<Void>.Continuation

    init(_ stream: ReplicationStream, _ reads: AsyncStream<Void>.Continuation) {
        self.stream = stream
        self.reads = reads
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        stream.receive(Array(unwrapInboundIn(data).readableBytesView))
        if stream.remotePublicKey != nil { reads.yield() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        stream.transportClosed(nil)
        reads.finish()
    }
}
