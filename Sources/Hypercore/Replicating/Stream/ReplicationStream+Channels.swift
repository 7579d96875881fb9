import Protomux
import Synchronization

// MARK: - Opening

extension ReplicationStream {
    /// Opens a channel of an application's own protocol, which may be done before the stream is started.
    ///
    /// Several channels of one protocol and id may be open; they meet those of the other side in order.
    ///
    /// - Parameters:
    ///   - name: the protocol, by which the other side knows what the channel is for; at most 256 bytes of UTF-8.
    ///   - id: tells apart channels of one protocol; at most 1,024 bytes. An empty one is none.
    ///   - handshake: sent with the open; at most 64 KiB.
    ///   - receiveBufferByteCount: how much may wait to be read; see ``MuxChannel``.
    /// - Throws: `.invalidChannel`; `.channelClosed` where the stream has ended.
    public func open(
        protocol name: String, id: [UInt8]? = nil, handshake: [UInt8] = [],
        receiveBufferByteCount: Int = MuxChannel.defaultReceiveBufferByteCount
    ) throws(ReplicationError) -> MuxChannel {
        let (channel, wakes) = try state.withLock { (state) throws(ReplicationError) in
            try state.open(
                protocol: name, id: id, handshake: handshake, receiveBufferByteCount: receiveBufferByteCount,
                on: self)
        }
        for wake in wakes { wake() }
        flush()
        return channel
    }

    /// Asks `handler` about each channel of a protocol that the other side opens and nobody here has; before this, such
    /// opens are refused. Another handler for the same protocol and id replaces it.
    ///
    /// - Parameters:
    ///   - name: the protocol.
    ///   - id: the only id that it is asked about; `nil` for any that no other handler is for.
    ///   - handler: takes or refuses the channel, at once or later; called on the thread that received the open, which it
    ///     must not block.
    /// - Throws: `.invalidChannel` for the protocol of the logs; `.channelClosed` where the stream has ended.
    public func accept(
        protocol name: String, id: [UInt8]? = nil, _ handler: @escaping @Sendable (IncomingChannel) -> Void
    ) throws(ReplicationError) {
        _ = try offer(name, id, handler)
    }

    /// The channels of a protocol that the other side opens and nobody here has, to be taken or refused; see
    /// ``accept(protocol:id:_:)``. Past 64 that nobody has looked at, further ones are refused.
    ///
    /// Ends with the stream, or with ``stopAccepting(protocol:id:)``; letting go of it stops accepting.
    public func incomingChannels(
        protocol name: String, id: [UInt8]? = nil
    ) throws(ReplicationError) -> AsyncStream<IncomingChannel> {
        let (channels, continuation) = AsyncStream.makeStream(
            of: IncomingChannel.self, bufferingPolicy: .bufferingOldest(64))
        // The handler holds what ends the sequence when it is let go of itself, however that comes.
        let ending = FinishingContinuation(continuation)
        let number = try offer(name, id) { ending.yield($0) }
        continuation.onTermination = { [weak self] _ in self?.withdraw(name, id, number: number) }
        return channels
    }

    /// Refuses from now on what ``accept(protocol:id:_:)`` of the same protocol and id has asked for.
    public func stopAccepting(protocol name: String, id: [UInt8]? = nil) {
        withdraw(name, id, number: nil)
    }

    private func offer(
        _ name: String, _ id: [UInt8]?, _ handler: @escaping ChannelOffers.Handler
    ) throws(ReplicationError) -> UInt64 {
        guard !CoreChannels.names.contains(name) else {
            throw ReplicationError(.invalidChannel, "the protocol \(name) is that of the logs; choose another name")
        }
        let offer = state.withLock { state -> (number: UInt64, replaced: ChannelOffers.Handler?)? in
            guard state.phase != .ended else { return nil }
            state.multiplexer.pair(protocol: name, id: id)
            return state.offers.add(.init(name, id: id), handler)
        }
        guard let offer else { throw ReplicationError(.channelClosed, "the stream has ended") }
        return offer.number
    }

    private func withdraw(_ name: String, _ id: [UInt8]?, number: UInt64?) {
        let handler = state.withLock { state in
            let handler = state.offers.remove(.init(name, id: id), number: number)
            if handler != nil { state.multiplexer.unpair(protocol: name, id: id) }
            return handler
        }
        // Let go of here, outside the lock.
        withExtendedLifetime(handler) {}
    }
}

/// Ends a sequence when it is let go of.
private final class FinishingContinuation: Sendable {
    private let continuation: AsyncStream<IncomingChannel>.Continuation

    init(_ continuation: AsyncStream<IncomingChannel>.Continuation) {
        self.continuation = continuation
    }

    deinit {
        continuation.finish()
    }

    func yield(_ channel: IncomingChannel) { continuation.yield(channel) }
}

// MARK: - For channels

extension ReplicationStream {
    /// Asks whoever wants to be asked about a channel that the other side has opened.
    func offer(_ request: PairRequest) {
        guard let handler = state.withLock({ $0.offers.handler(for: request.protocolName, id: request.id) }) else {
            return reject(request)
        }
        handler(IncomingChannel(request, on: self))
    }

    func accept(
        _ request: PairRequest, handshake: [UInt8], receiveBufferByteCount: Int
    ) throws(ReplicationError) -> MuxChannel {
        let (channel, wakes) = try state.withLock { (state) throws(ReplicationError) in
            try state.accept(
                request, handshake: handshake, receiveBufferByteCount: receiveBufferByteCount, on: self)
        }
        for wake in wakes { wake() }
        flush()
        return channel
    }

    func reject(_ request: PairRequest) {
        state.withLock { $0.multiplexer.reject(request) }
        flush()
    }

    func enqueue(_ body: [UInt8], type: UInt64, on channel: MuxChannel) throws(ReplicationError) -> Bool {
        try state.withLock { (state) throws(ReplicationError) in
            try state.enqueue(body, type: type, on: channel, configuration)
        }
    }

    func close(_ channel: MuxChannel, _ end: MuxChannelEnd) {
        guard let wakes = state.withLock({ $0.close(channel, end) }) else { return }
        for wake in wakes { wake() }
        flush()
    }

    /// Returns when there is room to send, or `isNeeded` says that nobody wants to any more.
    ///
    /// - Throws: `CancellationError`.
    // Its loop, inlined into another coroutine, makes the optimiser of Swift 6.3.1 crash (correlated value propagation).
    @inline(never)
    func waitForRoom(whileNeeded isNeeded: @Sendable () -> Bool) async throws {
        while isNeeded() {
            try Task.checkCancellation()
            // Room comes when what waits leaves, and nobody else may be about to send it.
            flush()
            let id = state.withLock { state in
                state.phase == .ended || state.hasRoom(configuration) ? nil : state.roomWaiters.makeID()
            }
            guard let id else { return }
            await withTaskCancellationHandler {
                await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
                    let waits = state.withLock { state in
                        guard !Task.isCancelled, isNeeded(), state.phase != .ended, !state.hasRoom(configuration) else {
                            return false
                        }
                        state.roomWaiters.add(id, waiter)
                        return true
                    }
                    if !waits { waiter.resume() }
                }
            } onCancel: {
                state.withLock { $0.roomWaiters.take(id) }?.resume()
            }
        }
    }
}
