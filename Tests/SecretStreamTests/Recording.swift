import CompactEncoding
import Crypto
import SecretStream
import TestSupport
import Testing

/// One session of `secret-stream.json`: both sides' keys, the raw bytes each wrote, and the messages in them.
struct Recording: Decodable, Sendable, CustomTestStringConvertible {
    struct KeyBytes: Decodable {
        let publicKey: Hex
        let secretKey: Hex

        var keyPair: KeyPair {
            get throws { try KeyPair(secretKey: SecretBytes(copying: secretKey.bytes)) }
        }

        var seed: SecretBytes { SecretBytes(copying: Array(secretKey.bytes.prefix(32))) }
    }

    struct Capability: Decodable {
        let key, initiator, responder: Hex
    }

    let pattern: String
    let initiatorStatic, responderStatic, initiatorEphemeral, responderEphemeral: KeyBytes
    let handshakeHash, initiatorTx, initiatorRx: Hex
    let rawFromInitiator, rawFromResponder: Hex
    let plainFromInitiator, plainFromResponder: [Hex]
    let capability: Capability

    static func all() throws -> [Recording] {
        struct Document: Decodable { let sessions: [Recording] }
        return try Vectors.load("secret-stream", as: Document.self).sessions
    }

    var testDescription: String { "\(pattern) \(handshakeHash.bytes.prefix(4).hex)" }

    /// A side as it was recorded.
    func machine(_ side: Side, options: StreamOptions = StreamOptions()) throws -> SecretStreamMachine {
        try SecretStreamMachine(
            role: role(of: side), keyPair: keyPair(of: side), entropy: entropy(of: side), options: options,
            now: .simulatedStart)
    }

    /// The ephemeral key pair as recorded, and the header as it is found in what the side wrote.
    func entropy(of side: Side) -> StreamEntropy {
        StreamEntropy(
            reproducibleForTestingOnly: (side == .initiator ? initiatorEphemeral : responderEphemeral).seed,
            header: header(of: side))
    }

    func keyPair(of side: Side) throws -> KeyPair {
        try (side == .initiator ? initiatorStatic : responderStatic).keyPair
    }

    func role(of side: Side) -> StreamRole {
        switch (pattern, side) {
        case ("IK", .initiator): .knowingInitiator(responder: PublicKey(responderStatic.publicKey.bytes32))
        case ("IK", .responder): .knownResponder
        case (_, .initiator): .initiator
        case (_, .responder): .responder
        }
    }

    func raw(from side: Side) -> [UInt8] { side == .initiator ? rawFromInitiator.bytes : rawFromResponder.bytes }

    func messages(from side: Side) -> [[UInt8]] {
        (side == .initiator ? plainFromInitiator : plainFromResponder).map(\.bytes)
    }

    /// The frames of `side`, each with its length.
    func frames(from side: Side) -> [[UInt8]] { Frames.split(raw(from: side)) }

    private func header(of side: Side) -> [UInt8] {
        let headerFrame = frames(from: side)[handshakeMessageCount(of: side)]
        return Array(headerFrame.suffix(StreamEntropy.headerByteCount))
    }

    /// How many handshake messages `side` writes.
    func handshakeMessageCount(of side: Side) -> Int { pattern == "XX" && side == .initiator ? 2 : 1 }
}

enum Side: CaseIterable {
    case initiator, responder

    var other: Side { self == .initiator ? .responder : .initiator }
}

/// The raw stream as frames.
enum Frames {
    static func split(_ raw: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var rest = raw[...]
        while rest.count >= 3 {
            let start = rest.startIndex
            let count = 3 + Int(rest[start]) + Int(rest[start + 1]) << 8 + Int(rest[start + 2]) << 16
            frames.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        precondition(rest.isEmpty, "the raw stream ends inside of a frame")
        return frames
    }

    static func make(_ payload: [UInt8], claiming byteCount: Int? = nil) -> [UInt8] {
        let byteCount = byteCount ?? payload.count
        return [UInt8(byteCount & 0xff), UInt8(byteCount >> 8 & 0xff), UInt8(byteCount >> 16)] + payload
    }
}

extension ContinuousClock.Instant {
    /// Where simulated time begins: any instant will do, and all tests use one.
    static let simulatedStart = ContinuousClock.now
}
