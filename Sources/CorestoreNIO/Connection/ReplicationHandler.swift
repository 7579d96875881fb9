import Hypercore
import Logging
import NIOCore

/// Drives a stream on its channel's event loop: what arrives goes in, what was written goes out in one flush a batch,
/// and the clock ticks when the stream wants it to.
///
/// Closing is in two steps, so that the last bytes written are not lost: what was written is sent and our half of the
/// connection is closed; then input is dropped until the other side closes its half, or for the linger time.
final class ReplicationHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let stream: ReplicationStream
    private let transport: ChannelTransport
    private let configuration: TransportConfiguration
    private let logger: Logger

    /// Whether the other side has closed its half.
    private var inputIsClosed = false
    /// Whether our half is closed, or about to be.
    private var outputIsClosed = false
    /// Whether the stream was told that its transport ended; it wants to hear it once.
    private var streamHasEnded = false

    private var ticking: (deadline: ContinuousClock.Instant, task: Scheduled<Void>)?
    private var handshakeTimeout: Scheduled<Void>?
    private var linger: Scheduled<Void>?

    init(
        stream: ReplicationStream, transport: ChannelTransport, configuration: TransportConfiguration, logger: Logger
    ) {
        self.stream = stream
        self.transport = transport
        self.configuration = configuration
        self.logger = logger
    }
}

// MARK: - Channel events

extension ReplicationHandler {
    func channelActive(context: ChannelHandlerContext) {
        handshakeTimeout = context.eventLoop.assumeIsolated().scheduleTask(
            in: .init(configuration.handshakeTimeout)
        ) { [self] in
            guard stream.remotePublicKey == nil else { return }
            logger.debug("no handshake in time")
            fail(context: context, TransportError(.timedOut, "the other side did not complete the handshake in time"))
        }
        stream.start(on: transport)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !streamHasEnded, !outputIsClosed else { return }
        // What the stream writes in answer leaves when the read is complete.
        transport.expectTake()
        stream.receive(Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        look(context: context)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        reportWritability(context: context)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelTransport.Wake:
            look(context: context)
        case ChannelEvent.inputClosed:
            inputIsClosed = true
            endStream(nil)
            if outputIsClosed { context.close(promise: nil) }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("connection failed", metadata: ["error": "\(error)"])
        fail(context: context, TransportError(connectedTo: context.remoteAddress.flatMap(Endpoint.init), error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        transport.channelClosed()
        for task in [ticking?.task, handshakeTimeout, linger] { task?.cancel() }
        (ticking, handshakeTimeout, linger) = (nil, nil, nil)
        endStream(nil)
        context.fireChannelInactive()
    }
}

// MARK: - Sending

extension ReplicationHandler {
    /// Does what the outbox asks for, then sets the clock.
    private func look(context: ChannelHandlerContext) {
        let work = transport.take()
        if !outputIsClosed, !work.writes.isEmpty {
            context.writeAndFlush(wrapOutboundOut(gather(work, allocator: context.channel.allocator)), promise: nil)
        }
        if work.closes { closeOutput(context: context) }
        reportWritability(context: context)
        schedule(context: context)
    }

    /// Puts the batch into one buffer, so that small messages share a packet.
    private func gather(_ work: Outbox.Work, allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: work.byteCount)
        for bytes in work.writes { buffer.writeBytes(bytes) }
        return buffer
    }

    private func reportWritability(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        if transport.channelWritabilityChanged(to: isWritable) { stream.transportDrained() }
    }
}

// MARK: - Time

extension ReplicationHandler {
    /// Sees to it that the stream's next deadline is kept. A timer that goes off earlier than needed is left alone:
    /// deadlines mostly move away, with every byte sent.
    private func schedule(context: ChannelHandlerContext) {
        guard !streamHasEnded, !outputIsClosed, let deadline = stream.nextDeadline else { return }
        if let ticking, ticking.deadline <= deadline { return }
        ticking?.task.cancel()
        let delay = max(.zero, deadline - .now)
        let task = context.eventLoop.assumeIsolated().scheduleTask(in: .init(delay)) { [self] in
            ticking = nil
            if let due = stream.nextDeadline, due <= .now { stream.tick() }
            schedule(context: context)
        }
        ticking = (deadline, task)
    }
}

// MARK: - Ending

extension ReplicationHandler {
    private func endStream(_ error: TransportError?) {
        guard !streamHasEnded else { return }
        streamHasEnded = true
        stream.transportClosed(error)
    }

    /// Ends the connection at once, because there is nobody to be polite to.
    private func fail(context: ChannelHandlerContext, _ error: TransportError) {
        endStream(error)
        context.close(promise: nil)
    }

    private func closeOutput(context: ChannelHandlerContext) {
        guard !outputIsClosed else { return }
        outputIsClosed = true
        guard !inputIsClosed else { return context.close(promise: nil) }
        linger = context.eventLoop.assumeIsolated().scheduleTask(in: .init(configuration.lingerTimeout)) {
            context.close(promise: nil)
        }
        context.close(mode: .output, promise: nil)
    }
}
