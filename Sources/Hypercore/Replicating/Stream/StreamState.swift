import Protomux
import Replication
import SecretStream

/// What a replication stream is at; touched only under the stream's lock, within which no other is taken but those of
/// channels' inboxes.
///
/// It decrypts, unpacks and sorts what arrives into ``Arrival``s, which are acted on after the lock is released, and
/// packs and encrypts what is to leave.
struct StreamState: ~Copyable {
    enum Phase {
        case handshaking
        case open
        case ended
    }

    var transport: (any StreamTransport)?
    /// Whether a thread is handing output to the transport; another leaves its output to that one.
    var isWriting = false
    /// Whether somebody stopped answering requests because too much waited to be sent.
    var hasPausedUploads = false
    /// The bytes that applications have added without waiting since the transport was last writable: what of them it was
    /// handed waits where we cannot see it.
    private var unseenByteCount = 0
    /// Who waits for room to send.
    var roomWaiters = RoomWaiters()
    /// What the handshake agreed on.
    var session: HandshakeResult?
    /// Where cores come from, and their channels.
    var cores = CoreChannels()
    /// The channels of applications, and which of the other side's they want.
    var channels: [ChannelID: MuxChannel] = [:]
    var offers = ChannelOffers()
    /// What the inboxes of these channels may hold together.
    let receiveBudget: ByteBudget

    var secret: SecretStreamMachine
    var multiplexer = Multiplexer()
    var phase = Phase.handshaking

    init(secret: consuming SecretStreamMachine, receiveBufferByteCount: Int) {
        self.secret = secret
        receiveBudget = ByteBudget(limit: receiveBufferByteCount)
        multiplexer.pair(protocol: CoreChannels.protocolName)
        for alias in CoreChannels.protocolAliases { multiplexer.pair(protocol: alias) }
        multiplexer.cork()
    }

    /// When time makes a difference next: to the encrypted stream, or for a core to be replicated again.
    var nextDeadline: ContinuousClock.Instant? {
        guard phase != .ended else { return nil }
        return [secret.nextDeadline, cores.reopening.nextDeadline].compactMap(\.self).min()
    }
}

// MARK: - Ending

extension StreamState {
    /// All that has to be let go of when a stream ends.
    struct Remains {
        var provider: CoreProvider?
        var coreChannels: [PeerChannel]
        var unopenedCores: [Core]
        var channels: [MuxChannel]
        var offers: [ChannelOffers.Handler]
        var wakes: [Wake]
        var transport: (any StreamTransport)?
    }

    /// Ends everything. Returns what there was, the first time.
    mutating func finish() -> Remains? {
        guard phase != .ended else { return nil }
        phase = .ended
        defer {
            cores = CoreChannels()
            channels = [:]
            transport = nil
        }
        return Remains(
            provider: cores.provider, coreChannels: Array(cores.byChannel.values), unopenedCores: cores.unopened,
            channels: Array(channels.values), offers: offers.removeAll(), wakes: roomWaiters.takeAll(),
            transport: transport)
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

    /// Whether more messages of applications may be queued; before there is a transport, too.
    func hasRoom(_ configuration: ReplicationStream.Configuration) -> Bool {
        pendingByteCount < configuration.uploadBufferByteCount && transport?.isWritable != false
    }

    /// Whether so much waits to be sent that applications may not add to it.
    func isBacklogged(_ configuration: ReplicationStream.Configuration) -> Bool {
        let unseen = transport?.isWritable == false ? unseenByteCount : 0
        return max(pendingByteCount, unseen) >= configuration.backlogByteCount
    }

    /// Takes note of bytes that an application has added.
    mutating func noteAdded(byteCount: Int) {
        unseenByteCount = transport?.isWritable == false ? unseenByteCount + byteCount : 0
    }

    /// The channels whose requests were left unanswered because too much waited to be sent, once it has left.
    mutating func resumeUploads(_ configuration: ReplicationStream.Configuration) -> [PeerChannel] {
        guard hasPausedUploads, acceptsUploads(configuration) else { return [] }
        hasPausedUploads = false
        return Array(cores.byChannel.values)
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
