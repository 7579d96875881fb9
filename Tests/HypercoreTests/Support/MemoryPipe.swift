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

    /// - Parameter limit: after how many bytes in one direction the connection breaks.
    @discardableResult
    init(_ first: some PipeUser, _ second: some PipeUser, limit: Int = .max) {
        ends = (PipeEnd(to: second, limit: limit), PipeEnd(to: first, limit: limit))
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

    init(limit: Int = .max) {
        link = Link(initiator, responder, limit: limit)
    }

    /// Replicates two stores with each other.
    convenience init(_ first: CoreRegistry, _ second: CoreRegistry, limit: Int = .max) {
        self.init(limit: limit)
        first.replicate(on: initiator)
        second.replicate(on: responder)
    }

    func cut() { link.cut() }

    /// Returns when both ends know that the connection is over.
    func cutAndWait() async {
        cut()
        await waitUntilCut()
    }

    /// Returns when both ends know that the connection is over, for whatever reason.
    func waitUntilCut() async {
        _ = await initiator.waitUntilClosed()
        _ = await responder.waitUntilClosed()
    }
}

/// One direction: hands what is written to a peer, on a task of its own.
final class PipeEnd: StreamTransport {
    private let continuation: AsyncStream<[UInt8]>.Continuation

    /// How many bytes may still be written.
    private let rest: Mutex<Int>

    init(to user: some PipeUser, limit: Int = .max) {
        let (input, continuation) = AsyncStream<[UInt8]>.makeStream()
        self.continuation = continuation
        rest = Mutex(limit)
        Task.detached {
            for await bytes in input { user.receive(bytes) }
            user.transportClosed(nil)
        }
    }

    func write(_ bytes: [UInt8]) {
        rest.withLock { rest in
            continuation.yield(Array(bytes.prefix(rest)))
            rest -= min(rest, bytes.count)
            if rest == 0 { continuation.finish() }
        }
    }

    var isWritable: Bool { true }
    func deadlineChanged() {}
    func close() { continuation.finish() }
}
