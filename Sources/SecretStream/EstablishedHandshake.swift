public import Crypto

/// A handshake that was made elsewhere, for a stream to go on from: its first bytes are then the headers (PROTOCOL §5).
///
/// Peers that have met over another transport, and shaken hands there, need not do so again.
public struct EstablishedHandshake: Sendable {
    /// How many bytes a key has.
    public static let keyByteCount = 32

    /// What the handshake agreed on.
    public let result: HandshakeResult
    let sendingKey: SecretBytes
    let receivingKey: SecretBytes

    /// Takes over what a handshake gave.
    ///
    /// - Precondition: both keys have ``keyByteCount`` bytes, and were used for no other stream: two streams under one key
    ///   would be readable.
    public init(result: HandshakeResult, sendingKey: SecretBytes, receivingKey: SecretBytes) {
        for key in [sendingKey, receivingKey] {
            precondition(key.count == Self.keyByteCount, "a key has \(Self.keyByteCount) bytes, not \(key.count)")
        }
        self.result = result
        self.sendingKey = sendingKey
        self.receivingKey = receivingKey
    }
}
