import CorestoreNIO
import NIOCore
import NIOPosix

/// Takes connections, and never says a word.
struct SilentListener {
    let endpoint: Endpoint
    private let listener: any Channel
    private let connections = AsyncStream.makeStream(of: Void.self)

    init() async throws {
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [continuation = connections.continuation] channel in
                continuation.yield()
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        endpoint = Endpoint(host: "127.0.0.1", port: UInt16(listener.localAddress?.port ?? 0))
    }

    /// Waits until somebody has connected.
    func waitForConnection() async {
        _ = await connections.stream.first { true }
    }

    func close() async throws {
        try await listener.close()
    }
}
