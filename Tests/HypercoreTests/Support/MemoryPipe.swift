import Crypto
import SecretStream
import Synchronization

@testable import Hypercore

/// What a pipe can be put on: a replication stream, or a peer that a test plays.
protocol PipeUser: Sendable {
    func start(on transport: any StreamTransport)
    func receive(_ bytes: [UInt8])
    func transportClosed(_ error: (any Error)?)
}

extension ReplicationStream: PipeUser {}

/// Joins two peers in memory: what one writes, the other receives, on a task of its own.
struct Link {
    private let ends: (PipeEnd, PipeEnd)

    @discardableResult
    init(_ first: some PipeUser, _ second: some PipeUser) {
        ends = (PipeEnd(to: second), PipeEnd(to: first))
        first.start(on: ends.0)
        second.start(on: ends.1)
    }

    /// Cuts the connection as a broken network does.
    func cut() {
        ends.0.close()
        ends.1.close()
    }

    /// Puts bytes on the way to the second peer that the first one never wrote.
    func inject(_ bytes: [UInt8]) {
        ends.0.write(bytes)
    }
}

/// Two replication streams that are joined.
final class MemoryPipe: Sendable {
    let initiator = ReplicationStream(role: .initiator)
    let responder = ReplicationStream(role: .responder)
    let link: Link

    init() {
        link = Link(initiator, responder)
    }

    /// Replicates two stores with each other.
    convenience init(_ first: CoreRegistry, _ second: CoreRegistry) {
        self.init()
        first.replicate(on: initiator)
        second.replicate(on: responder)
    }

    func cut() { link.cut() }

    /// Returns when both ends know that the connection is over.
    func cutAndWait() async {
        cut()
        _ = await initiator.waitUntilClosed()
        _ = await responder.waitUntilClosed()
    }
}

/// One direction: hands what is written to a peer, on a task of its own.
final class PipeEnd: StreamTransport {
    private let continuation: AsyncStream<[UInt8]>.Continuation

    init(to user: some PipeUser) {
        let (input, continuation) = AsyncStream<[UInt8]>.makeStream()
        self.continuation = continuation
        Task.detached {
            for await bytes in input { user.receive(bytes) }
            user.transportClosed(nil)
        }
    }

    func write(_ bytes: [UInt8]) { continuation.yield(bytes) }
    var isWritable: Bool { true }
    func deadlineChanged() {}
    func close() { continuation.finish() }
}
