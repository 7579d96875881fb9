import Corestore
import Hypercore
import SecretStream

/// Two stores that replicate with each other in memory: what one stream writes, the other receives.
struct StorePipe {
    private let first = ReplicationStream(role: .initiator)
    private let second = ReplicationStream(role: .responder)
    private let ends: (PipeEnd, PipeEnd)

    init(_ left: Corestore, _ right: Corestore) {
        left.replicate(on: first)
        right.replicate(on: second)
        ends = (PipeEnd(to: second), PipeEnd(to: first))
        first.start(on: ends.0)
        second.start(on: ends.1)
    }

    /// Ends the connection, and returns when both sides know.
    func cut() async {
        ends.0.close()
        ends.1.close()
        _ = await first.waitUntilClosed()
        _ = await second.waitUntilClosed()
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
