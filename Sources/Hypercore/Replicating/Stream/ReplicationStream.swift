public import Crypto
import Protomux
import Replication
public import SecretStream
import Synchronization

/// One connection to a peer: the encrypted stream, the multiplexer on it, a channel for each core that both sides
/// replicate, and the channels of an application's own (``MuxChannel``). It does no I/O; a ``StreamTransport`` carries its
/// bytes.
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
    private let end = OnceSignal<ReplicationStreamEnd>()

    /// Prepares a stream; nothing is sent before it is started.
    ///
    /// - Parameters:
    ///   - role: who speaks first, and what it knows. Over TCP the connecting side is the initiator.
    ///   - keyPair: what this side is known by to the other; a fresh one is as good where nobody checks.
    ///   - configuration: how the stream behaves.
    ///   - entropy: the randomness of this stream; given by simulations alone.
    public init(
        role: StreamRole, keyPair: KeyPair = KeyPair(), configuration: Configuration = Configuration(),
        entropy: consuming StreamEntropy = StreamEntropy()
    ) {
        self.configuration = configuration
        let secret = SecretStreamMachine(
            role: role, keyPair: keyPair, entropy: entropy, options: configuration.stream, now: configuration.clock())
        state = Mutex(StreamState(secret: secret, receiveBufferByteCount: configuration.receiveBufferByteCount))
    }

    deinit {
        // A stream that was never carried anywhere lets go of the cores that it was to open.
        finish(.closedLocally)
    }

    /// How a stream behaves.
    public struct Configuration: Sendable {
        /// The times and the bound of the encrypted stream.
        public var stream = StreamOptions()
        /// What time it is; replaced by simulations.
        public var clock: @Sendable () -> ContinuousClock.Instant = { .now }
        /// Bytes that may wait to be sent before answering requests pauses.
        public var uploadBufferByteCount = 512 << 10
        /// From how many waiting bytes on, answers are sent before the next one is made.
        public var writeByteCount = 64 << 10
        /// Bytes that may wait to be sent before messages of an application that are not waited for are refused; one
        /// message more may be held.
        public var backlogByteCount = 16 << 20
        /// Bytes that may wait to be read on all channels of applications together (``MuxChannel``).
        public var receiveBufferByteCount = 64 << 20

        /// The defaults.
        public init() {}
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
        handle(state.withLock { $0.receive(bytes, now: configuration.clock()) })
    }

    /// Goes on sending after the transport was not writable for a while.
    public func transportDrained() {
        for channel in coreChannels { channel.core.answerRequests(on: channel) }
        flush()
    }

    /// Ends the stream because its transport has: with `nil` at the end of the input.
    public func transportClosed(_ error: (any Error)?) {
        finish(error.map { .failed(ReplicationError(.transport, "the connection failed: \($0)")) } ?? .closedByRemote)
    }

    /// Does what is due: keep-alives, time-outs, requests that are asked again, channels that are opened again.
    public func tick() {
        handle(state.withLock { $0.tick(now: configuration.clock()) })
        tickCores()
        reopenWhatIsDue()
    }

    /// When ``tick()`` is to be called next; moves with what is sent and received. `nil`: never.
    public var nextDeadline: ContinuousClock.Instant? {
        state.withLock { state in
            [state.nextDeadline, state.cores.due.map(ReplicationTime.instant(at:))].compactMap(\.self).min()
        }
    }

    /// Takes note of when a core has something to do, where that is earlier than known.
    func bringForward(to due: Milliseconds) {
        let isNews = state.withLock { state in
            guard due < state.cores.due ?? .max else { return false }
            state.cores.due = due
            return true
        }
        if isNews { reschedule() }
    }

    /// Lets the cores do what is due. Only then is each of them asked when it is due again, however many there are.
    private func tickCores() {
        let now = now
        let isDue = state.withLock { state in
            guard let due = state.cores.due, due <= now else { return false }
            state.cores.due = nil
            return true
        }
        guard isDue else { return }
        let channels = coreChannels
        for channel in channels { channel.core.tick(now: now) }
        if let next = channels.compactMap(\.core.nextDeadline).min() { bringForward(to: next) }
    }

    /// Changes after how long without sending a keep-alive is sent; `nil`: never. Before the stream is started, too.
    public func setKeepAliveInterval(_ interval: Duration?) {
        state.withLock { $0.secret.setKeepAliveInterval(interval) }
        reschedule()
    }

    /// Changes after how long without receiving anything the stream ends; `nil`: never.
    public func setSilenceTimeout(_ timeout: Duration?) {
        state.withLock { $0.secret.setSilenceTimeout(timeout) }
        reschedule()
    }

    /// The present in the unit of the replication machine.
    var now: Milliseconds { ReplicationTime.milliseconds(at: configuration.clock()) }

    /// The other side's public key, once the handshake is complete. It says who it is only to those who know the key.
    public var remotePublicKey: PublicKey? { state.withLock { $0.session?.remotePublicKey } }

    /// Whether nothing has a channel: neither side has opened a log or anything else. A stream that stays so is of no use.
    public var isIdle: Bool { state.withLock { $0.cores.isEmpty && $0.channels.isEmpty } }

    private var coreChannels: [PeerChannel] { state.withLock { Array($0.cores.byChannel.values) } }
}

// MARK: - Ending

extension ReplicationStream {
    /// Ends the stream and closes its transport. Closing again does nothing.
    public func close() {
        finish(.closedLocally)
    }

    /// Waits until the stream has ended, and says how. Returns at once if it has. Cancelling the waiting task does not
    /// end the wait: close the stream.
    public func waitUntilClosed() async -> ReplicationStreamEnd {
        await end.wait()
    }

    func fail(_ error: ReplicationError) {
        finish(.failed(error))
    }

    private func finish(_ reason: ReplicationStreamEnd) {
        // What remains is let go of outside the lock: with it may go what calls back into the stream.
        guard let remains = state.withLock({ $0.finish() }) else { return }
        if let provider = remains.provider { provider.registry.unwatch(provider.watch) }
        for channel in remains.coreChannels { channel.core.peerClosed(channel, .streamEnded) }
        for core in remains.unopenedCores { core.registry.release(core) }
        for channel in remains.channels {
            for wake in channel.ended(.streamEnded(reason)) { wake() }
        }
        for wake in remains.wakes { wake() }
        remains.transport?.close()
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
        // A thread that found the stream full while this one was writing has left its requests to be answered now.
        let (uploads, waiters) = state.withLock { state in
            (state.resumeUploads(configuration), state.hasRoom(configuration) ? state.roomWaiters.takeAll() : [])
        }
        for channel in uploads { channel.core.answerRequests(on: channel) }
        for wake in waiters { wake() }
    }

    /// Queues a message on a channel; called under the core's lock, so that messages leave in the order of the core's
    /// changes. It leaves with the next ``flush()``.
    func enqueue(_ message: WireMessage, on channel: PeerChannel) throws(ProtomuxError) {
        try state.withLock { (state) throws(ProtomuxError) in try state.enqueue(message, on: channel.channel) }
    }

    /// Queues a message of an application on the channel of a core; see ``enqueue(_:on:)``.
    func enqueue(_ message: ExtensionMessage, on channel: PeerChannel) throws(ProtomuxError) {
        try state.withLock { (state) throws(ProtomuxError) in
            try state.enqueue(.extension(message), on: channel.channel)
            state.noteAdded(byteCount: message.payload.count)
        }
    }

    /// Sends what is queued if it is worth a write of its own.
    func flushIfLarge() {
        if state.withLock({ $0.pendingByteCount }) >= configuration.writeByteCount { flush() }
    }

    /// Whether so much waits to be sent that nothing is to be added that need not be sent.
    var isBacklogged: Bool { state.withLock { $0.isBacklogged(configuration) } }

    /// Has the transport ask anew when ``tick()`` is due.
    func reschedule() {
        state.withLock { $0.transport }?.deadlineChanged()
    }

    /// Whether more blocks may be sent now.
    var acceptsUploads: Bool {
        state.withLock { state in
            let accepts = state.acceptsUploads(configuration)
            if !accepts { state.hasPausedUploads = true }
            return accepts
        }
    }
}

// MARK: - Receiving

extension ReplicationStream {
    /// Acts on what arrived, outside the stream's lock, and sends what that led to.
    private func handle(_ arrivals: [StreamState.Arrival]) {
        act(on: arrivals)
        flush()
        state.withLock { $0.transport }?.deadlineChanged()
    }

    func act(on arrivals: [StreamState.Arrival]) {
        for arrival in arrivals {
            switch arrival {
            case .ready: act(on: state.withLock { $0.openPending(on: self) })
            case .requestedCore(let request): answerCore(request)
            case .requestedChannel(let request): offer(request)
            case .opened(let channel, let supportsSeeks): channel.core.peerOpened(channel, supportsSeeks: supportsSeeks)
            case .messages(let channel, let messages): channel.core.receive(messages, from: channel)
            case .closed(let channel, let closure): closed(channel, closure)
            case .woken(let wakes): for wake in wakes { wake() }
            case .failed(let error): fail(error)
            }
        }
    }
}
