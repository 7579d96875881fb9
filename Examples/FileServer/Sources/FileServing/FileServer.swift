public import Hypercore
import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves logs as files over HTTP/1.1: each log is the file of its bytes, whatever blocks they were appended in.
///
/// ```swift
/// let server = FileServer(files: ["/film": log]) { print($0) }
/// try await server.run(host: "127.0.0.1", port: 8080)      // until the task is cancelled
/// ```
///
/// A log is read through the session that is given here, so one with a key is decrypted on its way out; blocks that are not
/// stored come from the log's peers, and only those that a client asks for. A response shows the log as it was when its
/// request came. A block at a time is in memory: the next is read when the client has taken the one before.
///
/// It sets clients no time limits. Put it behind a proxy that does, before it faces the world.
public struct FileServer: Sendable {
    /// What becomes of the server and its requests.
    public enum Event: Sendable, Equatable {
        /// It takes connections on this port.
        case listening(port: Int)
        /// A request was answered, to the last byte.
        case answered(path: String, status: UInt, byteCount: UInt64)
        /// A response was broken off after so many bytes: the client is gone, or a block could not be had.
        case brokenOff(path: String, byteCount: UInt64)
    }

    let files: [String: Hypercore]
    let onEvent: @Sendable (Event) -> Void

    /// Prepares a server.
    ///
    /// - Parameters:
    ///   - files: the logs, by the paths that they are asked for by: `/film`.
    ///   - onEvent: told what happens; called from any thread.
    public init(files: [String: Hypercore], onEvent: @escaping @Sendable (Event) -> Void = { _ in }) {
        self.files = files
        self.onEvent = onEvent
    }

    /// Serves until the task is cancelled; that breaks off what is under way.
    ///
    /// - Parameter port: 0 for any that is free; ``Event/listening(port:)`` says which.
    /// - Throws: what the system says where it cannot listen.
    public func run(host: String, port: Int) async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try HTTPConnection.channel(on: channel) }
            }
        onEvent(.listening(port: listener.channel.localAddress?.port ?? port))
        try await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await channel in connections {
                    group.addTask { await HTTPConnection(channel: channel, server: self).run() }
                }
                // Where the loop has ended because the task was cancelled, so are the connections.
            }
        }
    }
}
