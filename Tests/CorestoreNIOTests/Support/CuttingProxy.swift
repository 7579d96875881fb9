import CorestoreNIO
import NIOCore
import NIOPosix

/// Stands between a client and a server, and cuts the connection in the middle of what the server sends.
struct CuttingProxy {
    let endpoint: Endpoint
    private let listener: any Channel

    /// Forwards connections to `target`, each until the server has sent `byteCount` bytes.
    init(to target: Endpoint, cuttingAfter byteCount: Int) async throws {
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { front in
                ClientBootstrap(group: front.eventLoop)
                    .channelInitializer { back in
                        back.eventLoop.makeCompletedFuture {
                            try back.pipeline.syncOperations.addHandler(Forwarder(to: front, limit: byteCount))
                        }
                    }
                    .connect(host: target.host, port: Int(target.port))
                    .flatMapThrowing { back in
                        try front.pipeline.syncOperations.addHandler(Forwarder(to: back, limit: .max))
                    }
                    .flatMap { front.setOption(.autoRead, value: true) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        endpoint = Endpoint(host: "127.0.0.1", port: UInt16(listener.localAddress?.port ?? 0))
    }

    func close() async throws {
        try await listener.close()
    }
}

/// Writes what it reads to another channel, and closes both when that ends or the limit is reached.
private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let target: any Channel
    private var rest: Int

    init(to target: any Channel, limit: Int) {
        self.target = target
        rest = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        guard let slice = buffer.readSlice(length: min(rest, buffer.readableBytes)) else { return }
        rest -= slice.readableBytes
        let written = target.writeAndFlush(slice)
        guard rest == 0 else { return }
        let channel = context.channel
        written.whenComplete { [target] _ in
            target.close(promise: nil)
            channel.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        target.close(promise: nil)
    }
}
