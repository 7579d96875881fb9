import Corestore
import Hypercore
import SecretStream

/// Two stores that replicate with each other in memory: what one stream writes, the other receives.
struct StorePipe {
    let initiator: ReplicationStream
    let responder: ReplicationStream
    private let ends: (PipeEnd, PipeEnd)

    init(_ first: Corestore, _ second: Corestore) {
        let streams = (ReplicationStream(role: .initiator), ReplicationStream(role: .responder))
        first.replicate(on: streams.0)
        second.replicate(on: streams.1)
        self.init(streams.0, streams.1)
    }

    /// Connects two streams.
    init(_ initiator: ReplicationStream, _ responder: ReplicationStream) {
        (self.initiator, self.responder) = (initiator, responder)
        ends = (PipeEnd(to: responder), PipeEnd(to: initiator))
        initiator.start(on: ends.0)
        responder.start(on: ends.1)
    }

    /// Ends the connection, and returns when both sides know.
    func cut() async {
        ends.0.close()
        ends.1.close()
        _ = await initiator.waitUntilClosed()
        _ = await responder.waitUntilClosed()
    }
}

/// One direction: hands what is written to a stream, on a task of its own.
private final class PipeEnd: StreamTransport {
    private let continuation: AsyncStream<[UInt8]>.Continuation

    init(to stream: ReplicationStream) {
        let (input, continuation) = AsyncStream<[UInt8]>.makeStream()
        self.continuation = continuation
        Task.detached {
            for await bytes in input { stream.receive(bytes) }
            stream.transportClosed(nil)
        }
    }

    func write(_ bytes: [UInt8]) { continuation.yield(bytes) }
    var isWritable: Bool { true }
    func deadlineChanged() {}
    func close() { continuation.finish() }
}
