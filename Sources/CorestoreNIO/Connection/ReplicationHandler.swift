import Crypto
import Hypercore
import Logging
import NIOCore

/// Drives a stream on its channel's event loop: what arrives goes in, what was written goes out in one flush a batch,
/// and the clock ticks when the stream wants it to.
///
/// A connection is first in its handshake, then open, and nothing is attached to the stream before the peer is admitted.
///
/// Closing is in two steps, so that the last bytes written are not lost: what was written is sent and our half of the
/// connection is closed; then input is dropped until the other side closes its half, or for the linger time.
final class ReplicationHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Fired through the pipeline when the store has caught up with what was read.
    private struct Resume: Sendable {}

    /// Fired through the pipeline to cut the connection.
    struct Cut: Sendable {
        let reason: TransportError
    }

    private let plan: ConnectionPlan
    private let stream: ReplicationStream
    private let transport: ChannelTransport
    private var logger: Logger

    /// The other side's key, once it is admitted.
    private var peer: PublicKey?
    /// Whether anything came after the handshake.
    private var hasHeardFromPeer = false
    /// Whether the other side has closed its half.
    private var inputIsClosed = false
    /// Whether our half is closed, or about to be.
    private var outputIsClosed = false
    /// Whether the stream was told that its transport ended; it wants to hear it once.
    private var streamHasEnded = false

    private var ticking: (deadline: ContinuousClock.Instant, task: Scheduled<Void>)?
    private var handshakeTimeout: Scheduled<Void>?
    private var linger: Scheduled<Void>?
    /// Waits for the store to catch up, while nothing is read.
    private var pause: Task<Void, Never>?
    private var silenceRestart: Scheduled<Void>?

    init(_ plan: ConnectionPlan, transport: ChannelTransport) {
        self.plan = plan
        stream = plan.stream
        logger = plan.logger
        self.transport = transport
    }
}

// MARK: - Channel events

extension ReplicationHandler {
    /// Starts the stream before anybody else can know of the connection. One that is closed from then on closes the socket,
    /// if need be as soon as that is connected.
    func handlerAdded(context: ChannelHandlerContext) {
        stream.start(on: transport)
    }

    func channelActive(context: ChannelHandlerContext) {
        handshakeTimeout = context.eventLoop.assumeIsolated().scheduleTask(
            in: .init(plan.configuration.handshakeTimeout)
        ) { [self] in
            guard peer == nil else { return }
            fail(context: context, TransportError(.timedOut, "the other side did not complete the handshake in time"))
        }
        look(context: context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !streamHasEnded, !outputIsClosed else { return }
        let bytes = unwrapInboundIn(data).readableBytesView
        plan.progress.received(byteCount: bytes.count)
        // What the stream writes in answer leaves when the read is complete.
        transport.expectTake()
        receive(bytes, context: context)
        pauseIfBehind(context: context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        look(context: context)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        logger.trace(context.channel.isWritable ? "sending resumed" : "sending paused")
        reportWritability(context: context)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelTransport.Wake:
            look(context: context)
        case is Resume:
            resume(context: context)
        case let cut as Cut:
            fail(context: context, cut.reason)
        case ChannelEvent.inputClosed:
            inputIsClosed = true
            endStream(endOfInput)
            if outputIsClosed { context.close(promise: nil) }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let failure = TransportError(connectedTo: context.remoteAddress.flatMap(Endpoint.init), error)
        fail(context: context, endOfInput ?? failure)
    }

    func channelInactive(context: ChannelHandlerContext) {
        transport.channelClosed()
        for task in [ticking?.task, handshakeTimeout, linger, silenceRestart] { task?.cancel() }
        (ticking, handshakeTimeout, linger, silenceRestart) = (nil, nil, nil, nil)
        pause?.cancel()
        endStream(endOfInput)
        logEnd()
        context.fireChannelInactive()
    }
}

// MARK: - Receiving

extension ReplicationHandler {
    private func receive(_ bytes: ByteBufferView, context: ChannelHandlerContext) {
        guard peer == nil else {
            hasHeardFromPeer = true
            return stream.receive(Array(bytes))
        }
        // A byte at a time, for what follows the handshake in the same packet is not to be read before the peer is admitted.
        // The handshake has less than 200 bytes.
        var rest = bytes
        while peer == nil, !transport.isClosing, let byte = rest.popFirst() {
            stream.receive([byte])
            if let key = stream.remotePublicKey, !admit(key, context: context) { return }
        }
        guard peer != nil, !rest.isEmpty else { return }
        hasHeardFromPeer = true
        stream.receive(Array(rest))
    }

    /// Lets a peer in that has completed the handshake, or cuts it off.
    ///
    /// What the stream has written in this turn of the event loop has not left yet, and with a refused peer it never does.
    private func admit(_ key: PublicKey, context: ChannelHandlerContext) -> Bool {
        if let refusal = plan.refusal(key) {
            fail(context: context, refusal)
            return false
        }
        peer = key
        handshakeTimeout?.cancel()
        handshakeTimeout = nil
        logger[metadataKey: "peer"] = "\(key.shortText)"
        logger.debug("connection open")
        plan.attach(stream)
        plan.progress.becameReady(key)
        return true
    }
}

// MARK: - Sending

extension ReplicationHandler {
    /// Does what the outbox asks for, then sets the clock.
    private func look(context: ChannelHandlerContext) {
        // What was written before the socket is connected leaves when it is.
        guard context.channel.isActive else { return }
        let work = transport.take()
        if !outputIsClosed, !work.writes.isEmpty {
            plan.progress.sent(byteCount: work.byteCount)
            context.writeAndFlush(wrapOutboundOut(gather(work, allocator: context.channel.allocator)), promise: nil)
        }
        if work.closes { closeOutput(context: context) }
        cutIfUnread(context: context)
        reportWritability(context: context)
        schedule(context: context)
    }

    /// Puts the batch into one buffer, so that small messages share a packet.
    private func gather(_ work: Outbox.Work, allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: work.byteCount)
        for bytes in work.writes { buffer.writeBytes(bytes) }
        return buffer
    }

    /// Cuts off who makes us answer and does not read the answers.
    private func cutIfUnread(context: ChannelHandlerContext) {
        guard !context.channel.isWritable, !outputIsClosed,
            let unsent = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes),
            unsent > plan.configuration.maximumUnsentByteCount
        else { return }
        fail(
            context: context,
            TransportError(.notReading, "the other side has not read the \(unsent) bytes that wait to be sent to it"))
    }

    private func reportWritability(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        if transport.channelWritabilityChanged(to: isWritable) { stream.transportDrained() }
    }
}

// MARK: - Reading no faster than is stored

extension ReplicationHandler {
    private func pauseIfBehind(context: ChannelHandlerContext) {
        let limit = plan.configuration.maximumUnstoredByteCount
        guard pause == nil, !streamHasEnded, stream.unstoredByteCount >= limit else { return }
        logger.trace("reading paused", metadata: ["unstored": "\(stream.unstoredByteCount)"])
        setReading(false, context: context)
        // While nothing is read, silence says nothing about the other side.
        silenceRestart?.cancel()
        stream.setSilenceTimeout(nil)
        let (stream, channel) = (stream, context.channel)
        pause = Task {
            await stream.waitUntilStored(below: limit)
            channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(Resume()) }
        }
    }

    private func resume(context: ChannelHandlerContext) {
        pause = nil
        logger.trace("reading resumed")
        setReading(true, context: context)
        guard let timeout = plan.configuration.silenceTimeout else { return }
        // Not before the other side has had its time again: the last that it was heard of is too long ago.
        silenceRestart = context.eventLoop.assumeIsolated().scheduleTask(in: .init(timeout)) { [stream] in
            stream.setSilenceTimeout(timeout)
        }
    }

    private func setReading(_ isReading: Bool, context: ChannelHandlerContext) {
        do {
            try context.channel.syncOptions?.setOption(.autoRead, value: isReading)
        } catch {
            fail(context: context, TransportError(connectedTo: nil, error))
        }
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
    /// What the end of the input means: the other side never says that it turns somebody away, it just hangs up, before the
    /// first byte that it would send to a peer of its own.
    private var endOfInput: TransportError? {
        guard peer != nil, !hasHeardFromPeer else { return nil }
        return TransportError(
            .turnedAway,
            "the other side hung up right after the handshake: most likely it does not admit our public key")
    }

    private func endStream(_ error: TransportError?) {
        guard !streamHasEnded else { return }
        streamHasEnded = true
        // A stream that was closed here, or has failed, has its reason already.
        plan.progress.ended(transport.isClosing ? nil : error)
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
        plan.progress.ended(nil)
        guard !inputIsClosed else { return context.close(promise: nil) }
        linger = context.eventLoop.assumeIsolated().scheduleTask(in: .init(plan.configuration.lingerTimeout)) {
            context.close(promise: nil)
        }
        context.close(mode: .output, promise: nil)
    }

    private func logEnd() {
        guard logger.logLevel <= .debug else { return }
        let progress = plan.progress
        logger[metadataKey: "received"] = "\(progress.receivedByteCount)"
        logger[metadataKey: "sent"] = "\(progress.sentByteCount)"
        let (stream, logger) = (stream, logger)
        // The end is stated already; only asking for it may wait.
        Task {
            let reason =
                switch await stream.waitUntilClosed() {
                case .closedLocally: "closed here"
                case .closedByRemote: "closed by the other side"
                case .failed(let error): progress.failure?.message ?? error.message
                }
            logger.debug("connection closed", metadata: ["reason": "\(reason)"])
        }
    }
}
