public import Crypto
import Protomux
import Replication
public import SecretStream
import Synchronization

/// One connection to a peer: the encrypted stream, the multiplexer on it, and a channel for each core that both sides
/// replicate. It does no I/O; a ``StreamTransport`` carries its bytes.
///
/// ```swift
/// let stream = ReplicationStream(role: .initiator, keyPair: identity)
/// store.replicate(on: stream)
/// stream.start(on: transport)          // the transport now feeds receive(_:)
/// let end = await stream.waitUntilClosed()
/// ```
///
/// Whoever carries the stream calls ``receive(_:)`` with what arrives, one call at a time; ``transportDrained()`` when an
/// unwritable transport can take more; ``tick()`` at ``nextDeadline``; and ``transportClosed(_:)`` once at the end. All
/// of them may be called from any thread.
public final class ReplicationStream: Sendable {
    let configuration: Configuration
    let state: Mutex<StreamState>
    private let end = EndSignal()

    /// Prepares a stream; nothing is sent before it is started.
    ///
    /// - Parameters:
    ///   - role: who speaks first. Over TCP the connecting side is the initiator.
    ///   - keyPair: what this side is known by to the other; a fresh one is as good where nobody checks.
    public init(role: StreamRole, keyPair: KeyPair = KeyPair(), configuration: Configuration = Configuration()) {
        self.configuration = configuration
        state = Mutex(StreamState(role: role, keyPair: keyPair, configuration: configuration))
    }

    /// How a stream behaves.
    public struct Configuration: Sendable {
        /// Milliseconds on a clock that never goes backwards.
        public var clock: @Sendable () -> UInt64
        /// Bytes that may wait to be sent before answering requests pauses.
        public var uploadBufferByteCount: Int = 512 << 10

        /// The defaults, on the machine's continuous clock.
        public init() {
            let start = ContinuousClock.now
            clock = {
                let elapsed = start.duration(to: .now).components
                return UInt64(elapsed.seconds) * 1000 + UInt64(elapsed.attoseconds / 1_000_000_000_000_000)
            }
        }
    }
}

// MARK: - For the transport

extension ReplicationStream {
    /// Begins: hands the stream what carries it, which may be fed with input from now on.
    public func start(on transport: any StreamTransport) {
        state.withLock { $0.transport = transport }
        flush()
        transport.deadlineChanged()
    }

    /// Takes bytes that arrived. One call at a time.
    public func receive(_ bytes: [UInt8]) {
        let arrivals = state.withLock { $0.receive(bytes, now: configuration.clock()) }
        handle(arrivals)
    }

    /// Goes on sending after the transport was not writable for a while.
    public func transportDrained() {
        for channel in state.withLock({ $0.openChannels }) { channel.core.answerRequests(on: channel) }
        flush()
    }

    /// Ends the stream because its transport has: with `nil` at the end of the input.
    public func transportClosed(_ error: (any Error)?) {
        finish(error.map { .failed(ReplicationError(.transport, "the connection failed: \($0)")) } ?? .closedByRemote)
    }

    /// Does what is due: keep-alives, time-outs, requests that are asked again.
    public func tick() {
        let now = configuration.clock()
        handle(state.withLock { $0.tick(now: now) })
        for channel in state.withLock({ $0.openChannels }) { channel.core.tick(now: now) }
    }

    /// When ``tick()`` is to be called next; moves with every byte sent or received.
    public var nextDeadline: ContinuousClock.Instant? {
        guard let deadline = state.withLock({ $0.nextDeadline }) else { return nil }
        let now = configuration.clock()
        return .now + .milliseconds(Int64(deadline > now ? deadline - now : 0))
    }

    /// The other side's public key, once the handshake is complete. It says who it is only to those who know the key.
    public var remotePublicKey: PublicKey? { state.withLock { $0.session?.remotePublicKey } }
}

// MARK: - Ending

extension ReplicationStream {
    /// Ends the stream and closes its transport. Closing again does nothing.
    public func close() {
        finish(.closedLocally)
    }

    /// Waits until the stream has ended, and says how. Returns at once if it has.
    public func waitUntilClosed() async -> ReplicationStreamEnd {
        await end.wait()
    }

    func fail(_ error: ReplicationError) {
        finish(.failed(error))
    }

    private func finish(_ reason: ReplicationStreamEnd) {
        guard let (channels, transport) = state.withLock({ $0.finish() }) else { return }
        for channel in channels { channel.core.peerClosed(channel) }
        transport?.close()
        end.signal(reason)
    }
}

// MARK: - Sending

extension ReplicationStream {
    /// Sends what has gathered: encrypts it in order and hands it to the transport, one thread at a time.
    func flush() {
        while let (bytes, transport) = state.withLock({ $0.takeOutput(now: configuration.clock()) }) {
            transport.write(bytes)
            state.withLock { $0.isWriting = false }
        }
    }

    /// Queues a message on a channel; called under the core's lock, so that messages leave in the order of the core's
    /// changes. It leaves with the next ``flush()``.
    func enqueue(_ message: Message, on channel: PeerChannel) {
        state.withLock { $0.enqueue(message, on: channel.channel) }
    }

    /// Whether more blocks may be sent now.
    var acceptsUploads: Bool {
        state.withLock { state in
            state.pendingByteCount < configuration.uploadBufferByteCount && state.transport?.isWritable == true
        }
    }
}

// MARK: - Receiving

extension ReplicationStream {
    /// Acts on what arrived, outside the stream's lock, and sends what that led to.
    private func handle(_ arrivals: [StreamState.Arrival]) {
        for arrival in arrivals {
            switch arrival {
            case .ready: openPendingChannels()
            case .requested(let request): answer(request)
            case .opened(let channel): channel.core.peerOpened(channel)
            case .messages(let channel, let messages): channel.core.receive(messages, from: channel)
            case .closed(let channel): channel.core.peerClosed(channel)
            case .failed(let error): return fail(error)
            }
        }
        flush()
        state.withLock { $0.transport }?.deadlineChanged()
    }
}
