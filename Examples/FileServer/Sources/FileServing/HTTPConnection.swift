import CompactEncoding
import Hypercore
import NIOCore
import NIOHTTP1

/// The requests of one client, one after the other.
struct HTTPConnection: Sendable {
    typealias ResponsePart = HTTPPart<HTTPResponseHead, ByteBuffer>
    typealias Channel = NIOAsyncChannel<HTTPServerRequestPart, ResponsePart>

    let channel: Channel
    let server: FileServer

    /// Puts HTTP onto a connection that was accepted.
    static func channel(on channel: any NIOCore.Channel) throws -> Channel {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline()
        try pipeline.addHandler(ResponsePartHandler())
        return try Channel(wrappingChannelSynchronously: channel)
    }

    /// Answers until the client or the server has had enough.
    func run() async {
        await withTaskGroup { group in
            group.addTask { await answerRequests() }
            // A client that goes away ends what waits for a block on its behalf, not only what writes to it.
            group.addTask { _ = try? await channel.channel.closeFuture.get() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Closes the channel at its end, whatever that is.
    private func answerRequests() async {
        // What is thrown is that the client is gone or that a response broke off, which has been told.
        try? await channel.executeThenClose { requests, responses in
            for try await case .head(let request) in requests {
                try await answer(request, to: responses)
                if !request.isKeepAlive { return }
            }
        }
    }

    private func answer(_ request: HTTPRequestHead, to client: NIOAsyncChannelOutboundWriter<ResponsePart>) async throws
    {
        let path = String(request.uri.prefix { $0 != "?" })
        let view = try server.files[path]?.snapshot()
        let answer = Answer(to: request, for: try view.map(FileDescription.init))
        var sent: UInt64 = 0
        do {
            try await client.write(.head(answer.head))
            if let view, let range = answer.body {
                for try await bytes in view.bytes(from: range.lowerBound, count: range.upperBound - range.lowerBound) {
                    // Returns when the socket can take more: this is what holds the reading back.
                    try await client.write(.body(ByteBuffer(bytes: bytes)))
                    sent += UInt64(bytes.count)
                }
            }
            try await client.write(.end(nil))
        } catch {
            await view?.close()
            server.onEvent(.brokenOff(path: path, byteCount: sent))
            throw error
        }
        await view?.close()
        server.onEvent(.answered(path: path, status: answer.head.status.code, byteCount: sent))
    }
}

extension FileDescription {
    /// Describes what a snapshot shows. Its tree hash stands for every byte of it.
    init(_ snapshot: Hypercore) throws {
        byteCount = snapshot.byteLength
        entityTag = "\"\(try snapshot.treeHash().hex)-\(byteCount)\""
    }
}

/// Lets responses be written in parts that may cross from one thread to another, which those of NIOHTTP1 may not.
private final class ResponsePartHandler: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = HTTPConnection.ResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part: HTTPServerResponsePart =
            switch unwrapOutboundIn(data) {
            case .head(let head): .head(head)
            case .body(let bytes): .body(.byteBuffer(bytes))
            case .end(let trailers): .end(trailers)
            }
        context.write(wrapOutboundOut(part), promise: promise)
    }
}
