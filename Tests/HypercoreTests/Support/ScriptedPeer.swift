import CompactEncoding
import Crypto
import Protomux
import Replication
import SecretStream
import Synchronization

@testable import Hypercore

/// A peer that a test plays: it speaks the protocol down to the last byte, and sends whatever it is told to.
final class ScriptedPeer: PipeUser {
    /// What the peer hears.
    enum Heard: Sendable {
        /// The other side has opened the core, with this capability right or wrong.
        case opened(capabilityIsRight: Bool)
        case message(WireMessage)
        /// The other side has closed the channel, or refused to open it.
        case channelClosed(Multiplexer.Closure)
        case streamEnded
    }

    private struct State: ~Copyable {
        var secret: SecretStreamMachine
        var multiplexer = Multiplexer()
        var transport: (any StreamTransport)?
        var session: HandshakeResult?
        var channel: ChannelID?
        /// Messages from before the handshake was complete.
        var waiting: [WireMessage] = []
    }

    let key: CoreKey
    private let claimedKey: CoreKey
    private let hears: @Sendable (Heard) -> Void
    private let state: Mutex<State>
    private let continuation: AsyncStream<Heard>.Continuation
    /// Everything that is heard, in order; for one reader.
    let heard: AsyncStream<Heard>

    /// - Parameter claimedKey: the key that the capability is made of; another one than `key` for a peer that does not
    ///   know the key of the core that it asks for.
    /// - Parameter keyPair: who the peer is.
    /// - Parameter hears: is called with everything that is heard, as soon as it is; must not call the peer.
    init(
        _ role: StreamRole, of key: CoreKey, claimedKey: CoreKey? = nil, keyPair: KeyPair = KeyPair(),
        hears: @escaping @Sendable (Heard) -> Void = { _ in }
    ) {
        self.key = key
        self.hears = hears
        self.claimedKey = claimedKey ?? key
        (heard, continuation) = AsyncStream.makeStream()
        let secret = SecretStreamMachine(role: role, keyPair: keyPair, entropy: StreamEntropy(), now: .now)
        state = Mutex(State(secret: secret))
    }

    /// Sends a message on the core's channel, as soon as there is one.
    func send(_ message: WireMessage) {
        state.withLock { state in
            guard let channel = state.channel else { return state.waiting.append(message) }
            write(message, on: channel, &state)
            flush(&state)
        }
    }

    /// Sends a frame of the multiplexer, whatever it holds.
    func sendFrame(_ frame: [UInt8]) {
        state.withLock { state in
            ignoringErrors { () throws(SecretStreamError) in try state.secret.send(frame, now: .now) }
            flush(&state)
        }
    }

    func close() { state.withLock { $0.transport }?.close() }

    /// Closes the core's channel, and leaves the stream open.
    func closeChannel() {
        state.withLock { state in
            if let channel = state.channel { state.multiplexer.close(channel) }
            flush(&state)
        }
    }
}

// MARK: - The stream

extension ScriptedPeer {
    func start(on transport: any StreamTransport) {
        state.withLock { state in
            state.transport = transport
            flush(&state)
        }
    }

    func receive(_ bytes: [UInt8]) {
        state.withLock { state in
            var received: [SecretStreamEvent] = []
            state.secret.receive(bytes, now: .now, into: &received)
            for event in received {
                switch event {
                case .handshakeComplete(let result): open(result, &state)
                case .message(let frame): take(frame, &state)
                case .failed: tell(.streamEnded)
                }
            }
            flush(&state)
        }
    }

    func transportClosed(_ error: (any Error)?) {
        tell(.streamEnded)
        continuation.finish()
    }

    private func tell(_ heard: Heard) {
        hears(heard)
        continuation.yield(heard)
    }

    private func open(_ session: HandshakeResult, _ state: inout State) {
        state.session = session
        let capability = ChannelCapability(
            key: claimedKey, handshakeHash: session.handshakeHash, isInitiator: session.isInitiator)
        var handshake = ByteWriter()
        ChannelHandshake(capability: capability.local).encode(into: &handshake)
        state.multiplexer.pair(protocol: CoreChannels.protocolName)
        var events: [Multiplexer.Event] = []
        ignoringErrors { () throws(ProtomuxError) in
            let channel = try state.multiplexer.open(
                protocol: CoreChannels.protocolName, id: key.discoveryKey.bytes.array, handshake: handshake.bytes,
                into: &events)
            state.channel = channel
            for message in state.waiting { write(message, on: channel, &state) }
        }
        take(events, &state)
    }

    private func take(_ frame: [UInt8], _ state: inout State) {
        var events: [Multiplexer.Event] = []
        ignoringErrors { () throws(ProtomuxError) in try state.multiplexer.receive(frame, into: &events) }
        take(events, &state)
    }

    private func take(_ events: [Multiplexer.Event], _ state: inout State) {
        for event in events {
            switch event {
            case .opened(_, let handshake): tell(.opened(capabilityIsRight: verify(handshake, state)))
            case .message(_, let type, let body):
                if let message = try? WireMessage.decode(type: type, body: body) {
                    tell(.message(message))
                }
            case .closed(_, let reason): tell(.channelClosed(reason))
            // The core is opened already, and that is the only one the peer knows.
            case .pairRequested(let request): state.multiplexer.reject(request)
            }
        }
    }

    private func verify(_ handshake: ArraySlice<UInt8>, _ state: borrowing State) -> Bool {
        guard let session = state.session, let told = try? ChannelHandshake(decoding: handshake) else { return false }
        let capability = ChannelCapability(
            key: key, handshakeHash: session.handshakeHash, isInitiator: session.isInitiator)
        return capability.accepts(remote: told.capability)
    }

    private func write(_ message: WireMessage, on channel: ChannelID, _ state: inout State) {
        ignoringErrors { () throws(ProtomuxError) in
            try state.multiplexer.send(type: message.kind.rawValue, on: channel) { message.encode(into: &$0) }
        }
    }

    private func flush(_ state: inout State) {
        for frame in state.multiplexer.takeFrames() {
            ignoringErrors { () throws(SecretStreamError) in try state.secret.send(frame, now: .now) }
        }
        // The first bytes may arrive before the peer is started; the answer to them waits.
        guard let transport = state.transport else { return }
        let output = state.secret.takeOutput()
        if !output.isEmpty { transport.write(output) }
    }

    /// A peer whose stream is over says nothing more.
    private func ignoringErrors<Failure: Error>(_ body: () throws(Failure) -> Void) {
        do throws(Failure) { try body() } catch {}
    }
}

// MARK: - A peer in the middle

/// Stands between a reader and an honest peer, and changes what the honest one says.
struct LyingPeer {
    let reader: ReplicationStream
    let honest: ReplicationStream

    /// - Parameter change: what becomes of a message to the reader.
    init(of key: CoreKey, _ change: @escaping @Sendable (WireMessage) -> WireMessage) {
        reader = ReplicationStream(role: .initiator)
        honest = ReplicationStream(role: .responder)
        let (toReader, toHonest) = (ScriptedPeer(.responder, of: key), ScriptedPeer(.initiator, of: key))
        Link(reader, toReader)
        Link(toHonest, honest)
        Self.forward(from: toHonest, to: toReader, change)
        Self.forward(from: toReader, to: toHonest) { $0 }
    }

    private static func forward(
        from: ScriptedPeer, to: ScriptedPeer, _ change: @escaping @Sendable (WireMessage) -> WireMessage
    ) {
        Task.detached {
            for await heard in from.heard {
                if case .message(let message) = heard { to.send(change(message)) }
            }
            to.close()
        }
    }
}
