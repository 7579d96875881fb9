import CCorestoreSodium
public import CompactEncoding

/// An Ed25519 key pair whose secret half is zeroed when it is released, and never shows in a description.
///
/// ```swift
/// let keyPair = KeyPair()
/// let signature = try keyPair.sign(Array("hello".utf8))
/// ```
public final class KeyPair: Signer {
    public let publicKey: PublicKey
    /// libsodium's 64-byte form: the seed, then the public key.
    private let secret: SecretBytes

    /// Makes a new, random key pair.
    public convenience init() {
        self.init(seed: SecretBytes(randomCount: 32))
    }

    /// Derives the key pair of a 32-byte seed (`crypto_sign_seed_keypair`; `crypto.json`: keyPairs).
    ///
    /// - Precondition: the seed has 32 bytes.
    public init(seed: SecretBytes) {
        precondition(seed.count == 32, "a seed has 32 bytes, not \(seed.count)")
        Sodium.ready
        var publicBytes = Bytes32()
        secret = SecretBytes(count: 64) { secret in
            publicBytes.withUnsafeMutableBytes { target in
                seed.withUnsafeBytes { seed in
                    _ = crypto_sign_seed_keypair(
                        target.octets, secret.octets,
                        seed.octets)
                }
            }
        }
        publicKey = PublicKey(publicBytes)
    }

    /// Takes over a 64-byte secret key in libsodium's form: the seed, then the public key.
    ///
    /// - Throws: `.invalidLength`; `.keyMismatch` where the second half is not the public key of the first.
    public convenience init(secretKey: SecretBytes) throws(CryptoError) {
        guard secretKey.count == 64 else {
            throw CryptoError(.invalidLength, "a secret key has 64 bytes, not \(secretKey.count)")
        }
        self.init(seed: secretKey.prefix(32))
        guard secretKey.suffix(32) == SecretBytes(copying: publicKey.bytes.array) else {
            throw CryptoError(.keyMismatch, "the secret key does not belong to the public key it carries")
        }
    }

    public func sign(_ message: [UInt8]) -> Bytes64 {
        var signature = Bytes64(low: .zero, high: .zero)
        signature.withUnsafeMutableBytes { target in
            secret.withUnsafeBytes { secret in
                _ = crypto_sign_detached(
                    target.octets, nil, message, UInt64(message.count),
                    secret.octets)
            }
        }
        return signature
    }

    /// The 32-byte seed, copied.
    public var seed: SecretBytes { secret.prefix(32) }

    /// The 64-byte secret key in libsodium's form, copied.
    public var secretKey: SecretBytes { secret.prefix(64) }
}

extension KeyPair: CustomStringConvertible, CustomReflectable {
    public var description: String { "KeyPair(\(publicKey))" }

    /// Shows the public key alone, so that no dump or log gives the secret away.
    public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
