import CompactEncoding
import Crypto

/// What a stream is at. A phase ends by being consumed, and the keys of a past one are erased.
enum StreamPhase: ~Copyable, Sendable {
    /// Noise messages go to and fro.
    case handshake(NoiseHandshake)
    /// We can send, and await the other side's header.
    case awaitingHeader(HeaderExchange)
    /// Messages go either way.
    case open(Transport)
    /// Dead, for this reason.
    case failed(SecretStreamError)

    /// What a received frame led to.
    enum Step: Equatable {
        /// Another handshake message is awaited, or nothing is left to say of this frame: it was a keep-alive.
        case nothing
        case completedHandshake(HandshakeResult)
        case opened
        case message([UInt8])
    }

    /// Begins a handshake; an initiator's first message goes to `output`.
    ///
    /// It fails where the key known beforehand is no valid point.
    init(role: StreamRole, keyPair: KeyPair, entropy: consuming StreamEntropy, into output: inout [UInt8]) {
        do throws(SecretStreamError) {
            var handshake = try NoiseHandshake(role: role, keyPair: keyPair, entropy: entropy)
            if handshake.turn == .write {
                MessageFrame.append(try handshake.write(), to: &output)
            }
            self = .handshake(handshake)
        } catch {
            self = .failed(error)
        }
    }

    /// Whether messages can be sent.
    var canSend: Bool {
        switch self {
        case .awaitingHeader: true
        case .open: true
        default: false
        }
    }

    /// Why the stream is dead, if it is.
    var failure: SecretStreamError? {
        switch self {
        case .failed(let error): error
        default: nil
        }
    }

    /// Refuses a frame that cannot be the next one, before any of its payload is kept.
    func check(payloadByteCount: Int, maximum: Int) throws(SecretStreamError) {
        switch self {
        case .handshake(let handshake):
            guard case .read(let awaited) = handshake.turn else { preconditionFailure("it is our turn to write") }
            try Self.check(payloadByteCount, is: awaited)
        case .awaitingHeader:
            try Self.check(payloadByteCount, is: HeaderExchange.headerByteCount)
        case .open:
            try Self.check(messageFrame: payloadByteCount, maximum: maximum)
        case .failed(let error):
            throw error
        }
    }

    private static func check(_ byteCount: Int, is awaited: Int) throws(SecretStreamError) {
        guard byteCount == awaited else {
            throw SecretStreamError(
                .invalidFrameLength, "a frame of \(byteCount) bytes came where one of \(awaited) was awaited")
        }
    }

    private static func check(messageFrame byteCount: Int, maximum: Int) throws(SecretStreamError) {
        guard byteCount >= MessageFrame.overhead else {
            throw SecretStreamError(
                .invalidFrameLength, "a frame of \(byteCount) bytes is too short to be a message")
        }
        guard byteCount <= maximum else {
            throw SecretStreamError(.tooLarge, "a frame of \(byteCount) bytes is above the limit of \(maximum)")
        }
    }

    /// Appends the frame of a message.
    ///
    /// - Precondition: ``canSend``.
    mutating func send(_ plaintext: RawSpan, into output: inout [UInt8]) {
        switch consume self {
        case .awaitingHeader(var exchange):
            exchange.send(plaintext, into: &output)
            self = .awaitingHeader(exchange)
        case .open(var transport):
            transport.send(plaintext, into: &output)
            self = .open(transport)
        default:
            preconditionFailure("a message can be sent only while the stream lives and its handshake is complete")
        }
    }

    /// Takes in a frame that ``check(payloadByteCount:maximum:)`` let pass; what it asks us to answer goes to `output`.
    ///
    /// An error is final: the phase is `.failed` then.
    mutating func receive(_ payload: RawSpan, into output: inout [UInt8]) throws(SecretStreamError) -> Step {
        do throws(SecretStreamError) {
            switch consume self {
            case .open(var transport):
                let message = try transport.receive(payload)
                self = .open(transport)
                return message.isEmpty ? .nothing : .message(message)

            case .awaitingHeader(let exchange):
                self = .open(try exchange.receive(payload))
                return .opened

            case .handshake(var handshake):
                try handshake.read(payload)
                if handshake.turn == .write {
                    MessageFrame.append(try handshake.write(), to: &output)
                }
                guard handshake.turn == .done else {
                    self = .handshake(handshake)
                    return .nothing
                }
                let outcome = handshake.finish()
                self = .awaitingHeader(HeaderExchange(outcome, into: &output))
                return .completedHandshake(outcome.result)

            case .failed(let error):
                throw error
            }
        } catch {
            self = .failed(error)
            throw error
        }
    }
}
