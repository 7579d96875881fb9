import Corestore
import Hypercore
import SecretStream

/// Two stores that replicate with each other within the process: what one stream writes, the other receives.
struct MemoryLink: Sendable {
    let initiator = ReplicationStream(role: .initiator)
    let responder = ReplicationStream(role: .responder)
    private let ends: (LinkEnd, LinkEnd)

    /// Connects two stores.
    init(_ first: Corestore, _ second: Corestore) {
        first.replicate(on: initiator)
        second.replicate(on: responder)
        ends = (LinkEnd(to: responder), LinkEnd(to: initiator))
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
private final class LinkEnd: StreamTransport {
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

extension MemoryLink {
    /// Keeps two stores connected until the task is cancelled: where a connection ends, a new one is made, as an
    /// application would do it.
    static func keep(_ first: Corestore, _ second: Corestore) async {
        while !Task.isCancelled {
            let link = MemoryLink(first, second)
            await withTaskCancellationHandler {
                _ = await link.initiator.waitUntilClosed()
            } onCancel: {
                link.initiator.close()
            }
            await link.cut()
            try? await Task.sleep(for: .milliseconds(2))
        }
    }
}
