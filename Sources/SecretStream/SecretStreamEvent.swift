public import CompactEncoding
public import Crypto

/// What a ``SecretStreamMachine`` has to tell.
public enum SecretStreamEvent: Equatable, Sendable {
    /// The other side has proved who it is; from now on messages can be sent. Comes once, before every message.
    // Indirect, because it would make every message's event more than three times as large.
    indirect case handshakeComplete(HandshakeResult)
    /// A message, decrypted and authentic; never empty.
    case message([UInt8])
    /// The stream is dead: it sends nothing any more and ignores what comes. Comes at most once, after everything else.
    case failed(SecretStreamError)
}

extension SecretStreamEvent: CustomStringConvertible {
    /// What happened; of a message only the length, so that logs do not hold what was encrypted.
    public var description: String {
        switch self {
        case .handshakeComplete(let result): "handshake complete with \(result.remotePublicKey)"
        case .message(let message): "message of \(message.count) bytes"
        case .failed(let error): "failed: \(error)"
        }
    }
}

/// What a handshake agrees on.
public struct HandshakeResult: Hashable, Sendable {
    /// Names this one stream: both sides have the same, no other stream has it. Capabilities are bound to it
    /// (PROTOCOL §7).
    public let handshakeHash: Bytes64
    /// The key that the other side has proved to hold.
    public let remotePublicKey: PublicKey
    /// Whether we spoke first.
    public let isInitiator: Bool

    /// Puts a result together; the machine does, and tests may.
    public init(handshakeHash: Bytes64, remotePublicKey: PublicKey, isInitiator: Bool) {
        self.handshakeHash = handshakeHash
        self.remotePublicKey = remotePublicKey
        self.isInitiator = isInitiator
    }
}
