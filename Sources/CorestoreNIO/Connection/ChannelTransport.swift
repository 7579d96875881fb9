import Hypercore
import NIOCore
import Synchronization

/// Carries a stream's bytes into a channel, from any thread: the thread-safe half of a connection. The other half is
/// ``ReplicationHandler``, on the channel's event loop.
///
/// Nothing here runs the stream's code, so the stream may call it under its own locks.
final class ChannelTransport: StreamTransport {
    /// Fired through the pipeline to make the handler look into the outbox.
    struct Wake: Sendable {}

    private let outbox: Mutex<Outbox>
    private let channel: any Channel

    init(channel: any Channel, highWaterMark: Int) {
        self.channel = channel
        outbox = Mutex(Outbox(highWaterMark: highWaterMark))
    }

    var isWritable: Bool {
        outbox.withLock { $0.isWritable() }
    }

    func write(_ bytes: [UInt8]) {
        if outbox.withLock({ $0.write(bytes) }) { wake() }
    }

    func deadlineChanged() {
        if outbox.withLock({ $0.wake() }) { wake() }
    }

    func close() {
        if outbox.withLock({ $0.close() }) { wake() }
    }

    /// Never looks at once, even on the event loop: the caller may hold the stream's locks, and more may be written in
    /// the same breath.
    private func wake() {
        channel.eventLoop.execute { [channel] in
            channel.pipeline.fireUserInboundEventTriggered(Wake())
        }
    }
}

// MARK: - For the handler, on the event loop

extension ChannelTransport {
    /// The handler is about to take by itself: nobody needs to wake it until then.
    func expectTake() {
        outbox.withLock { $0.expectTake() }
    }

    /// Whether the stream is over, or the socket.
    var isClosing: Bool {
        outbox.withLock { $0.isClosing }
    }

    /// Takes everything that is to be done.
    func take() -> Outbox.Work {
        outbox.withLock { $0.take() }
    }

    /// Notes whether the socket's buffer has room.
    ///
    /// - Returns: whether the stream is to be told that it may go on.
    func channelWritabilityChanged(to isWritable: Bool) -> Bool {
        outbox.withLock { $0.channelWritabilityChanged(to: isWritable) }
    }

    /// The socket is closed: nothing can be sent any more.
    func channelClosed() {
        outbox.withLock { $0.channelClosed() }
    }
}
