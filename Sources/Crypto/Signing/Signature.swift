import CCorestoreSodium
public import CompactEncoding

/// An Ed25519 public key (RFC 8032).
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    /// The key's 32 bytes.
    public let bytes: Bytes32

    /// Wraps 32 bytes, which are not checked to be a point.
    public init(_ bytes: Bytes32) {
        self.bytes = bytes
    }

    /// The key as 64 hexadecimal digits.
    public var description: String { bytes.hex }

    /// Whether `signature` was made over `message` by the owner of this key.
    public func verifies(_ signature: Bytes64, of message: [UInt8]) -> Bool {
        Sodium.ready
        return signature.withUnsafeBytes { signature in
            bytes.withUnsafeBytes { key in
                crypto_sign_verify_detached(
                    signature.octets, message, UInt64(message.count),
                    key.octets) == 0
            }
        }
    }
}

/// Something that signs: a key pair in memory, or a stand-in for one.
///
/// A signer of this kind answers at once. A key in hardware or on another machine conforms to ``AsyncSigner``.
public protocol Signer: Sendable {
    /// The key that verifies the signatures.
    var publicKey: PublicKey { get }
    /// Signs `message` (Ed25519, detached).
    ///
    /// - Throws: `.signingFailed`.
    func sign(_ message: [UInt8]) throws(CryptoError) -> Bytes64
}

/// Something that signs and may take its time: a hardware key, an agent, a person.
public protocol AsyncSigner: Sendable {
    /// The key that verifies the signatures.
    var publicKey: PublicKey { get }
    /// Signs `message` (Ed25519, detached).
    func sign(_ message: [UInt8]) async throws -> Bytes64
}
