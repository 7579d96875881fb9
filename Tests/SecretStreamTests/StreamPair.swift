import Crypto
import SecretStream
import TestSupport

typealias Instant = ContinuousClock.Instant

/// Two machines joined back to back under one simulated clock.
struct StreamPair: ~Copyable {
    var initiator: SecretStreamMachine
    var responder: SecretStreamMachine
    var now = Instant.simulatedStart
    private(set) var initiatorEvents: [SecretStreamEvent] = []
    private(set) var responderEvents: [SecretStreamEvent] = []

    static let initiatorKeyPair = KeyPair(seed: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
    static let responderKeyPair = KeyPair(seed: SecretBytes(copying: [UInt8](repeating: 2, count: 32)))

    /// Two machines that have not exchanged anything yet.
    init(
        _ initiatorRole: StreamRole = .initiator, _ responderRole: StreamRole = .responder,
        options: StreamOptions = StreamOptions()
    ) {
        initiator = SecretStreamMachine(
            role: initiatorRole, keyPair: Self.initiatorKeyPair, entropy: StreamEntropy(), options: options, now: now)
        responder = SecretStreamMachine(
            role: responderRole, keyPair: Self.responderKeyPair, entropy: StreamEntropy(), options: options, now: now)
    }

    /// Two machines with the handshake and the headers behind them.
    static func opened(options: StreamOptions = StreamOptions()) -> StreamPair {
        var pair = StreamPair(options: options)
        pair.exchange()
        pair.initiatorEvents = []
        pair.responderEvents = []
        return pair
    }

    /// Carries bytes to and fro until neither side has any.
    mutating func exchange() {
        while initiator.outputByteCount + responder.outputByteCount > 0 {
            deliver(initiator.takeOutput(), to: .responder)
            deliver(responder.takeOutput(), to: .initiator)
        }
    }

    /// Carries the handshake's messages (XX) and returns the header of each side, undelivered.
    mutating func shakeHands() -> (ofInitiator: [UInt8], ofResponder: [UInt8]) {
        deliver(initiator.takeOutput(), to: .responder)
        deliver(responder.takeOutput(), to: .initiator)
        let frames = Frames.split(initiator.takeOutput())
        deliver(frames[0], to: .responder)
        return (frames[1], responder.takeOutput())
    }

    /// Gives a side bytes to read.
    mutating func deliver(_ bytes: [UInt8], to side: Side) {
        switch side {
        case .initiator: initiator.receive(bytes, now: now, into: &initiatorEvents)
        case .responder: responder.receive(bytes, now: now, into: &responderEvents)
        }
    }

    /// Lets time pass, and both sides notice.
    mutating func advance(by time: Duration) {
        now += time
        initiator.tick(now: now, into: &initiatorEvents)
        responder.tick(now: now, into: &responderEvents)
    }

    /// What happened at a side since the pair was made, or opened.
    func events(of side: Side) -> [SecretStreamEvent] { side == .initiator ? initiatorEvents : responderEvents }
}

extension [SecretStreamEvent] {
    var messages: [[UInt8]] {
        compactMap { if case .message(let message) = $0 { message } else { nil } }
    }

    var failures: [SecretStreamError.Code] {
        compactMap { if case .failed(let error) = $0 { error.code } else { nil } }
    }

    var handshakes: [HandshakeResult] {
        compactMap { if case .handshakeComplete(let result) = $0 { result } else { nil } }
    }
}
