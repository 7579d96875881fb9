/// The order in which a handshake's keys are sent and mixed (Noise specification, section 7).
struct HandshakePattern: Sendable {
    /// One step of a message.
    enum Token: Sendable {
        /// The sender's ephemeral public key.
        case ephemeral
        /// The sender's static public key, encrypted.
        case `static`
        /// A Diffie-Hellman secret; the first letter is the initiator's key, the second the responder's.
        case ee, es, se, ss
    }

    /// One message: what it is made of, and how many bytes that comes to with an empty payload.
    struct Message: Sendable {
        let tokens: [Token]
        let byteCount: Int
    }

    /// The name that the handshake's hash begins with.
    let protocolName: String
    /// Whether the initiator knows the responder's static key beforehand.
    let responderIsKnown: Bool
    /// The messages, the initiator's first, the sides taking turns.
    let messages: [Message]

    /// Each side learns the other's static key: → e; ← e, ee, s, es; → s, se.
    static let xx = HandshakePattern(
        protocolName: "Noise_XX_Ed25519_ChaChaPoly_BLAKE2b",
        responderIsKnown: false,
        messages: [
            Message(tokens: [.ephemeral], byteCount: 32),
            Message(tokens: [.ephemeral, .ee, .static, .es], byteCount: 96),
            Message(tokens: [.static, .se], byteCount: 64),
        ])

    /// The initiator knows the responder's static key: ← s; … → e, es, s, ss; ← e, ee, se.
    static let ik = HandshakePattern(
        protocolName: "Noise_IK_Ed25519_ChaChaPoly_BLAKE2b",
        responderIsKnown: true,
        messages: [
            Message(tokens: [.ephemeral, .es, .static, .ss], byteCount: 96),
            Message(tokens: [.ephemeral, .ee, .se], byteCount: 48),
        ])
}
