public import Crypto

/// Which side of the handshake one is, and what one knows before it begins (PROTOCOL §5).
///
/// The sides must agree: ``initiator`` talks to ``responder`` (Noise XX), ``knowingInitiator(responder:)`` to
/// ``knownResponder`` (Noise IK). On a TCP connection the side that connected is the initiator.
public enum StreamRole: Hashable, Sendable {
    /// Speaks first; each side learns the other's key in the handshake.
    case initiator
    /// Answers; each side learns the other's key in the handshake.
    case responder
    /// Speaks first, to a responder whose key it knows: nobody else can answer, and a round trip is saved.
    case knowingInitiator(responder: PublicKey)
    /// Answers an initiator that knows our key already.
    case knownResponder

    /// Whether this side speaks first.
    public var isInitiator: Bool {
        switch self {
        case .initiator, .knowingInitiator: true
        case .responder, .knownResponder: false
        }
    }
}
