import CompactEncoding
import Crypto

/// The stream between the handshake and the other side's header: our header is sent, so we can send messages already,
/// but none can be read yet (PROTOCOL §5).
struct HeaderExchange: ~Copyable, Sendable {
    /// A header is the sender's stream id and what its cipher starts from.
    static let headerByteCount = Bytes32.byteCount + StreamEntropy.headerByteCount

    private var sealing: SealingCipher
    private let receivingKey: SecretBytes
    private let remoteID: Bytes32

    /// Takes over from a handshake, and writes our header.
    init(_ handshake: NoiseHandshake.Outcome, into output: inout [UInt8]) {
        let isInitiator = handshake.result.isInitiator
        let localID = Self.streamID(ofInitiator: isInitiator, handshake.result)
        MessageFrame.append(localID.array + handshake.header, to: &output)
        sealing = SealingCipher(key: handshake.sendingKey, header: handshake.header.span.bytes)
        receivingKey = handshake.receivingKey
        remoteID = Self.streamID(ofInitiator: !isInitiator, handshake.result)
    }

    /// Appends the frame of a message.
    ///
    /// - Precondition: it is no longer than ``MessageFrame/largestPlaintext``.
    mutating func send(_ plaintext: RawSpan, into output: inout [UInt8]) {
        sealing.seal(plaintext, into: &output)
    }

    /// Reads the other side's header, with which the stream is open.
    ///
    /// - Precondition: `header` has ``headerByteCount`` bytes.
    consuming func receive(_ header: RawSpan) throws(SecretStreamError) -> Transport {
        guard Bytes32(header.extracting(first: Bytes32.byteCount)) == remoteID else {
            throw SecretStreamError(.wrongStreamID, "the other side's header does not belong to this stream")
        }
        let cipherHeader = header.extracting(droppingFirst: Bytes32.byteCount)
        return Transport(sealing: sealing, opening: OpeningCipher(key: receivingKey, header: cipherHeader))
    }

    /// What a side's header begins with, so that a stream cannot be taken for another, nor a side for the other.
    private static func streamID(ofInitiator: Bool, _ result: HandshakeResult) -> Bytes32 {
        let side = ofInitiator ? Namespaces.Stream.initiator : Namespaces.Stream.responder
        return BLAKE2b.hash(side.array, key: result.handshakeHash)
    }
}
