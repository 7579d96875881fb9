import CompactEncoding
import Crypto
import Hypercore
import Protomux
import Replication
import SecretStream

/// A peer that knows the key of a log and says whatever it is told to, whether it makes sense or not.
final class MaliciousPeer: SimulatedEnd {
    private let key: CoreKey
    private let now: () -> ContinuousClock.Instant
    private var secret: SecretStreamMachine
    private var multiplexer = Multiplexer()
    private var channel: ChannelID?
    private var transport: (any StreamTransport)?
    /// What it has heard, to be said again.
    private(set) var overheard: [DataMessage] = []

    init(
        of key: CoreKey, keyPair: KeyPair, entropy: consuming StreamEntropy,
        clock: @escaping () -> ContinuousClock.Instant
    ) {
        self.key = key
        now = clock
        secret = SecretStreamMachine(role: .responder, keyPair: keyPair, entropy: entropy, now: clock())
        multiplexer.pair(protocol: Self.protocolName)
    }

    private static let protocolName = "hypercore/alpha"

    /// Says something, if the log's channel is open on its side.
    func say(_ message: WireMessage) {
        guard let channel else { return }
        _ = try? multiplexer.send(type: message.kind.rawValue, on: channel) { message.encode(into: &$0) }
        flush()
    }

    /// Says something that need not even be a message.
    func say(frame: [UInt8]) {
        try? secret.send(frame, now: now())
        flush()
    }

    func start(on transport: any StreamTransport) {
        self.transport = transport
        flush()
    }

    func receive(_ bytes: [UInt8]) {
        var received: [SecretStreamEvent] = []
        secret.receive(bytes, now: now(), into: &received)
        for event in received {
            switch event {
            case .handshakeComplete(let result): open(result)
            case .message(let frame):
                var events: [Multiplexer.Event] = []
                try? multiplexer.receive(frame, into: &events)
                take(events)
            case .failed: transport?.close()
            }
        }
        flush()
    }

    func transportClosed(_ error: (any Error)?) { transport = nil }
    func tick() {}
    var nextDeadline: ContinuousClock.Instant? { nil }

    private func open(_ session: HandshakeResult) {
        let capability = ChannelCapability(
            key: key, handshakeHash: session.handshakeHash, isInitiator: session.isInitiator)
        var handshake = ByteWriter()
        ChannelHandshake(capability: capability.local).encode(into: &handshake)
        var events: [Multiplexer.Event] = []
        channel = try? multiplexer.open(
            protocol: Self.protocolName, id: key.discoveryKey.bytes.array, handshake: handshake.bytes, into: &events)
        take(events)
    }

    private func take(_ events: [Multiplexer.Event]) {
        for event in events {
            switch event {
            case .message(_, let type, let body):
                guard case .data(let data)? = try? WireMessage.decode(type: type, body: body) else { continue }
                if overheard.count < 32 { overheard.append(data) }
            case .pairRequested(let request): multiplexer.reject(request)
            case .closed: channel = nil
            case .opened: break
            }
        }
    }

    private func flush() {
        for frame in multiplexer.takeFrames() { try? secret.send(frame, now: now()) }
        let output = secret.takeOutput()
        if !output.isEmpty { transport?.write(output) }
    }
}
