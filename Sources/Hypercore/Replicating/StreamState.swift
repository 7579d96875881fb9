import CompactEncoding
import Crypto
import Protomux
import Replication
import SecretStream

/// What a replication stream is at; touched only under the stream's lock, which is the innermost one.
///
/// It decrypts, unpacks and sorts what arrives into ``Arrival``s, which are acted on after the lock is released, and
/// packs and encrypts what is to leave.
struct StreamState: ~Copyable {
    /// The name under which cores replicate; the shorter one is what older peers call it (PROTOCOL §7).
    static let protocolName = "hypercore/alpha"
    static let protocolAliases = ["hypercore"]

    /// Something that arrived.
    enum Arrival {
        /// The handshake is complete: channels can be opened.
        case ready
        /// The other side opened a core that has no channel here.
        case requested(PairRequest)
        /// Both sides have opened a core, and the other has shown that it knows the key.
        case opened(PeerChannel, supportsSeeks: Bool)
        /// Messages of one core, in order.
        case messages(PeerChannel, [WireMessage])
        /// A channel is over.
        case closed(PeerChannel)
        /// The stream cannot go on.
        case failed(ReplicationError)
    }

    private enum Phase {
        case handshaking
        case open
        case ended
    }

    var transport: (any StreamTransport)?
    /// Whether a thread is handing output to the transport; another leaves its output to that one.
    var isWriting = false
    /// Whether somebody stopped answering requests because too much waited to be sent.
    var hasPausedUploads = false
    /// What the handshake agreed on.
    private(set) var session: HandshakeResult?
    /// Who provides cores: those that are open, and those that the other side asks for.
    private(set) var provider: CoreRegistry?
    private var watch: UInt64?

    private var secret: SecretStreamMachine
    private var multiplexer = Multiplexer()
    private var phase = Phase.handshaking
    private var channels: [ChannelID: PeerChannel] = [:]
    private var channelsByCore: [DiscoveryKey: PeerChannel] = [:]
    /// Cores to be opened once the handshake is complete; each is retained.
    private var pending: [Core] = []
    private var events: [Multiplexer.Event] = []

    init(secret: consuming SecretStreamMachine) {
        self.secret = secret
        multiplexer.pair(protocol: Self.protocolName)
        for alias in Self.protocolAliases { multiplexer.pair(protocol: alias) }
        multiplexer.cork()
    }
}

// MARK: - Where cores come from

extension StreamState {
    /// Sets who provides cores; `false` where somebody does already or the stream has ended.
    mutating func setProvider(_ registry: CoreRegistry, watch: UInt64) -> Bool {
        guard provider == nil, phase != .ended else { return false }
        provider = registry
        self.watch = watch
        return true
    }

    mutating func takeProvider() -> (registry: CoreRegistry, watch: UInt64)? {
        defer { (provider, watch) = (nil, nil) }
        guard let provider, let watch else { return nil }
        return (provider, watch)
    }
}

// MARK: - Channels

extension StreamState {
    /// The channels that both sides have opened, or that wait for the other side.
    var openChannels: [PeerChannel] { Array(channels.values) }

    /// Opens a channel for `core`, which the caller has retained for it, now or when the handshake is complete.
    ///
    /// - Returns: what the opening led to, or `nil` where the core has a channel already or the stream has ended; the
    ///   caller releases the core then.
    mutating func open(_ core: Core, on stream: ReplicationStream) -> [Arrival]? {
        switch phase {
        case .ended: return nil
        case .handshaking:
            guard !pending.contains(where: { $0 === core }) else { return nil }
            pending.append(core)
            return []
        case .open:
            guard channelsByCore[core.discoveryKey] == nil else { return nil }
            return openChannel(core, on: stream)
        }
    }

    /// Opens the channels that waited for the handshake.
    mutating func openPending(on stream: ReplicationStream) -> [Arrival] {
        let cores = pending
        pending = []
        return cores.flatMap { openChannel($0, on: stream) }
    }

    private mutating func openChannel(_ core: Core, on stream: ReplicationStream) -> [Arrival] {
        guard let session else { preconditionFailure("a channel was opened before the handshake") }
        let capability = ChannelCapability(
            key: core.key, handshakeHash: session.handshakeHash, isInitiator: session.isInitiator)
        var handshake = ByteWriter(reservingCapacity: 33)
        ChannelHandshake(capability: capability.local).encode(into: &handshake)
        do {
            // An open that waited is answered at once, and its events refer to a channel that has to be known by then.
            var waiting: [Multiplexer.Event] = []
            let id = try multiplexer.open(
                protocol: Self.protocolName, aliases: Self.protocolAliases, id: core.discoveryKey.bytes.array,
                handshake: handshake.bytes, into: &waiting)
            let channel = PeerChannel(core: core, stream: stream, channel: id)
            channels[id] = channel
            channelsByCore[core.discoveryKey] = channel
            return sort(waiting)
        } catch {
            return [.failed(ReplicationError(.protocolViolation, "no channel could be opened: \(error)"))]
        }
    }

    /// Closes a channel of ours.
    ///
    /// - Returns: whether it was open.
    mutating func close(_ channel: PeerChannel) -> Bool {
        guard channels.removeValue(forKey: channel.channel) != nil else { return false }
        channelsByCore[channel.core.discoveryKey] = nil
        multiplexer.close(channel.channel)
        return true
    }

    mutating func reject(_ request: PairRequest) {
        multiplexer.reject(request)
    }

    /// Ends everything. Returns what there was, the first time.
    mutating func finish() -> (channels: [PeerChannel], pending: [Core], transport: (any StreamTransport)?)? {
        guard phase != .ended else { return nil }
        phase = .ended
        defer {
            channels = [:]
            channelsByCore = [:]
            pending = []
            transport = nil
        }
        return (Array(channels.values), pending, transport)
    }
}

// MARK: - Receiving

extension StreamState {
    mutating func receive(_ bytes: [UInt8], now: ContinuousClock.Instant) -> [Arrival] {
        guard phase != .ended else { return [] }
        var received: [SecretStreamEvent] = []
        secret.receive(bytes, now: now, into: &received)
        return sort(received)
    }

    mutating func tick(now: ContinuousClock.Instant) -> [Arrival] {
        guard phase != .ended else { return [] }
        var due: [SecretStreamEvent] = []
        secret.tick(now: now, into: &due)
        return sort(due)
    }

    var nextDeadline: ContinuousClock.Instant? { phase == .ended ? nil : secret.nextDeadline }

    private mutating func sort(_ events: [SecretStreamEvent]) -> [Arrival] {
        var arrivals: [Arrival] = []
        for event in events {
            switch event {
            case .handshakeComplete(let result):
                session = result
                phase = .open
                arrivals.append(.ready)
            case .message(let frame):
                var received: [Multiplexer.Event] = []
                do {
                    try multiplexer.receive(frame, into: &received)
                    arrivals.append(contentsOf: sort(received))
                } catch {
                    arrivals.append(contentsOf: sort(received))
                    arrivals.append(.failed(ReplicationError(.protocolViolation, "\(error)")))
                }
            case .failed(let error):
                arrivals.append(.failed(ReplicationError(.stream, "\(error)")))
            }
        }
        return arrivals
    }

    private mutating func sort(_ events: [Multiplexer.Event]) -> [Arrival] {
        var arrivals: [Arrival] = []
        var messages: [WireMessage] = []
        var sender: PeerChannel?
        // Messages of one channel that follow one another are handed over together.
        func endRun() {
            if let sender, !messages.isEmpty { arrivals.append(.messages(sender, messages)) }
            messages = []
            sender = nil
        }
        for event in events {
            switch event {
            case .message(let id, let type, let body):
                guard let channel = channels[id] else { continue }
                if channel !== sender {
                    endRun()
                    sender = channel
                }
                do {
                    if let message = try WireMessage.decode(type: type, body: body) { messages.append(message) }
                } catch {
                    endRun()
                    arrivals.append(
                        .failed(
                            ReplicationError(.protocolViolation, "message of type \(type) does not decode: \(error)")))
                    return arrivals
                }
            case .opened(let id, let handshake):
                endRun()
                guard let channel = channels[id] else { continue }
                arrivals.append(verify(handshake, of: channel))
            case .closed(let id, _):
                endRun()
                guard let channel = channels.removeValue(forKey: id) else { continue }
                channelsByCore[channel.core.discoveryKey] = nil
                arrivals.append(.closed(channel))
            case .pairRequested(let request):
                endRun()
                arrivals.append(.requested(request))
            }
        }
        endRun()
        return arrivals
    }

    /// Checks what the other side opened a core with: it must show that it knows the key (PROTOCOL §7).
    private func verify(_ handshake: ArraySlice<UInt8>, of channel: PeerChannel) -> Arrival {
        guard let session else { preconditionFailure("a channel was opened before the handshake") }
        let capability = ChannelCapability(
            key: channel.core.key, handshakeHash: session.handshakeHash, isInitiator: session.isInitiator)
        do {
            let handshake = try ChannelHandshake(decoding: handshake)
            guard capability.accepts(remote: handshake.capability) else {
                return .failed(
                    ReplicationError(
                        .wrongCapability, "the other side does not know the key of core \(channel.core.key)"))
            }
            return .opened(channel, supportsSeeks: handshake.supportsSeeks)
        } catch {
            return .failed(ReplicationError(.protocolViolation, "a channel's handshake does not decode: \(error)"))
        }
    }
}

// MARK: - Sending

extension StreamState {
    /// How many bytes wait to be sent.
    var pendingByteCount: Int { multiplexer.pendingByteCount + secret.outputByteCount }

    /// Whether more blocks may be queued.
    func acceptsUploads(_ configuration: ReplicationStream.Configuration) -> Bool {
        pendingByteCount < configuration.uploadBufferByteCount && transport?.isWritable == true
    }

    /// The channels whose requests were left unanswered because too much waited to be sent, once it has left.
    mutating func resumeUploads(_ configuration: ReplicationStream.Configuration) -> [PeerChannel] {
        guard hasPausedUploads, acceptsUploads(configuration) else { return [] }
        hasPausedUploads = false
        return openChannels
    }

    /// Queues a message. On a channel that is over, it is dropped.
    mutating func enqueue(_ message: WireMessage, on channel: ChannelID) throws(ProtomuxError) {
        try multiplexer.send(type: message.kind.rawValue, on: channel) { message.encode(into: &$0) }
    }

    /// Takes everything that is queued, encrypted, for the caller to write; `nil` if there is nothing, nowhere to write,
    /// or another thread is writing. Sets ``isWriting``, which the caller clears.
    mutating func takeOutput(now: ContinuousClock.Instant) -> ([UInt8], any StreamTransport)? {
        guard let transport, !isWriting else { return nil }
        if phase == .open {
            multiplexer.uncork()
            drainFrames(now: now)
            multiplexer.cork()
        }
        let output = secret.takeOutput()
        guard !output.isEmpty else { return nil }
        isWriting = true
        return (output, transport)
    }

    /// Encrypts the frames that are complete.
    ///
    /// A frame is never longer than a message may be, and the stream is open: only one that has failed refuses it, and
    /// what a failed stream would have sent is dropped. Whoever was told of the failure ends the stream.
    private mutating func drainFrames(now: ContinuousClock.Instant) {
        guard secret.failure == nil else { return }
        do {
            try multiplexer.drainFrames { frame throws(SecretStreamError) in try secret.send(frame, now: now) }
        } catch {
            preconditionFailure("a stream that is open refused a frame: \(error)")
        }
    }
}
