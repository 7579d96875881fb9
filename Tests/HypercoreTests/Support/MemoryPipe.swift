import Crypto
import SecretStream
import Synchronization

@testable import Hypercore

/// Joins two replication streams in memory: what one writes, the other receives, on a task of its own.
final class MemoryPipe: Sendable {
    let initiator: ReplicationStream
    let responder: ReplicationStream
    private let ends: (End, End)

    init() {
        initiator = ReplicationStream(role: .initiator)
        responder = ReplicationStream(role: .responder)
        ends = (End(), End())
        ends.0.connect(to: responder)
        ends.1.connect(to: initiator)
        initiator.start(on: ends.0)
        responder.start(on: ends.1)
    }

    /// Cuts the connection as a broken network does.
    func cut() {
        ends.0.close()
        ends.1.close()
    }

    /// One direction.
    final class End: StreamTransport {
        private let input: AsyncStream<[UInt8]>
        private let continuation: AsyncStream<[UInt8]>.Continuation

        init() {
            (input, continuation) = AsyncStream.makeStream()
        }

        func connect(to stream: ReplicationStream) {
            let input = input
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
}
