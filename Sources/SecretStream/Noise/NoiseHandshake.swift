import CompactEncoding
import Crypto

/// One side of a Noise handshake: messages are written and read in turn, until both sides have the same keys.
///
/// All payloads are empty (PROTOCOL §5). The finished handshake is consumed by ``finish()``, so that its keys cannot be
/// used twice.
struct NoiseHandshake: ~Copyable {
    /// What has to happen next.
    enum Turn: Equatable {
        /// A message is to be written.
        case write
        /// A message of exactly this length is to be read.
        case read(byteCount: Int)
        /// Nothing: the handshake is finished.
        case done
    }

    /// What comes out of a handshake.
    struct Outcome: Sendable {
        let result: HandshakeResult
        /// The key of the direction that we write.
        let sendingKey: SecretBytes
        /// The key of the direction that we read.
        let receivingKey: SecretBytes
        /// What our cipher is to start from.
        let header: [UInt8]
    }

    private let isInitiator: Bool
    private let pattern: HandshakePattern
    private let localStatic: DiffieHellmanKey
    private let localEphemeral: DiffieHellmanKey
    private var remoteStatic: PrimeOrderPoint?
    private var remoteEphemeral: PrimeOrderPoint?
    private var symmetric: SymmetricState
    private let header: [UInt8]
    private var messagesDone = 0

    /// Begins a handshake.
    ///
    /// - Throws: `.handshakeFailed` where the key known beforehand is no valid point.
    init(role: StreamRole, keyPair: KeyPair, entropy: consuming StreamEntropy) throws(SecretStreamError) {
        isInitiator = role.isInitiator
        localStatic = DiffieHellmanKey(keyPair)
        localEphemeral = DiffieHellmanKey(entropy.ephemeral)
        header = entropy.header
        let responder: PublicKey?
        switch role {
        case .initiator, .responder: (pattern, responder) = (.xx, nil)
        case .knowingInitiator(let remote): (pattern, responder) = (.ik, remote)
        case .knownResponder: (pattern, responder) = (.ik, keyPair.publicKey)
        }
        symmetric = SymmetricState(protocolName: pattern.protocolName)
        if let responder {
            symmetric.mixHash(responder.bytes.array)
            if isInitiator { remoteStatic = try Self.point(responder.bytes.array, "static") }
        }
    }

    /// Whose turn it is.
    var turn: Turn {
        guard messagesDone < pattern.messages.count else { return .done }
        let initiatorsTurn = messagesDone.isMultiple(of: 2)
        return initiatorsTurn == isInitiator ? .write : .read(byteCount: pattern.messages[messagesDone].byteCount)
    }

    /// Writes the next message.
    ///
    /// - Precondition: ``turn`` is `.write`.
    mutating func write() throws(SecretStreamError) -> [UInt8] {
        precondition(turn == .write, "it is not our turn to write")
        var message: [UInt8] = []
        for token in pattern.messages[messagesDone].tokens {
            switch token {
            case .ephemeral:
                let key = localEphemeral.publicKey.bytes.array
                symmetric.mixHash(key)
                message += key
            case .static:
                message += symmetric.encrypt(localStatic.publicKey.bytes.array)
            case .ee, .es, .se, .ss:
                try mixSecret(token)
            }
        }
        message += symmetric.encrypt([])
        messagesDone += 1
        return message
    }

    /// Reads the other side's next message.
    ///
    /// - Precondition: ``turn`` is `.read` of as many bytes.
    mutating func read(_ message: RawSpan) throws(SecretStreamError) {
        precondition(turn == .read(byteCount: message.byteCount), "no message of \(message.byteCount) bytes is awaited")
        var unread = [UInt8](copying: message)[...]
        for token in pattern.messages[messagesDone].tokens {
            switch token {
            case .ephemeral:
                let key = unread.takeFirst(Bytes32.byteCount)
                symmetric.mixHash(key)
                remoteEphemeral = try Self.point(key, "ephemeral")
            case .static:
                let sealed = unread.takeFirst(symmetric.encryptedByteCount(Bytes32.byteCount))
                remoteStatic = try Self.point(try decrypt(sealed), "static")
            case .ee, .es, .se, .ss:
                try mixSecret(token)
            }
        }
        _ = try decrypt(Array(unread))
        messagesDone += 1
    }

    /// Ends the handshake.
    ///
    /// - Precondition: ``turn`` is `.done`.
    consuming func finish() -> Outcome {
        precondition(turn == .done, "the handshake is not finished")
        guard let remoteStatic else { preconditionFailure("a finished handshake knows the other side's key") }
        let result = HandshakeResult(
            handshakeHash: symmetric.hash, remotePublicKey: remoteStatic.publicKey, isInitiator: isInitiator)
        let (isInitiator, header) = (isInitiator, header)
        let (initiators, responders) = symmetric.split()
        return Outcome(
            result: result,
            sendingKey: isInitiator ? initiators : responders,
            receivingKey: isInitiator ? responders : initiators,
            header: header)
    }
}

// MARK: - Keys

extension NoiseHandshake {
    private mutating func mixSecret(_ token: HandshakePattern.Token) throws(SecretStreamError) {
        let (initiatorsIsStatic, respondersIsStatic) =
            switch token {
            case .ee: (false, false)
            case .es: (false, true)
            case .se: (true, false)
            case .ss: (true, true)
            case .ephemeral, .static: preconditionFailure("\(token) is no shared secret")
            }
        let local = (isInitiator ? initiatorsIsStatic : respondersIsStatic) ? localStatic : localEphemeral
        let remoteIsStatic = isInitiator ? respondersIsStatic : initiatorsIsStatic
        guard let remote = remoteIsStatic ? remoteStatic : remoteEphemeral else {
            preconditionFailure("the pattern mixes a key that it has not sent: \(token)")
        }
        guard let secret = local.secret(with: remote) else {
            throw SecretStreamError(.handshakeFailed, "no secret can be agreed on with the key \(remote.publicKey)")
        }
        symmetric.mixKey(secret)
    }

    private mutating func decrypt(_ sealed: [UInt8]) throws(SecretStreamError) -> [UInt8] {
        guard let opened = symmetric.decrypt(sealed) else {
            throw SecretStreamError(
                .handshakeFailed,
                "handshake message \(messagesDone + 1) cannot be decrypted: it was altered, or meant for another key")
        }
        return opened
    }

    private static func point(_ bytes: [UInt8], _ kind: String) throws(SecretStreamError) -> PrimeOrderPoint {
        guard let bytes = Bytes32(bytes) else { preconditionFailure("a public key has 32 bytes, not \(bytes.count)") }
        guard let point = PrimeOrderPoint(PublicKey(bytes)) else {
            throw SecretStreamError(
                .handshakeFailed, "the other side's \(kind) key \(bytes) is no point of the prime-order group")
        }
        return point
    }
}

extension ArraySlice<UInt8> {
    /// Removes the first `count` bytes, which must be there, and returns them.
    fileprivate mutating func takeFirst(_ count: Int) -> [UInt8] {
        defer { removeFirst(count) }
        return Array(prefix(count))
    }
}
