import CCorestoreSodium
import CompactEncoding
import Crypto

/// One side of a Diffie-Hellman exchange on the Edwards curve, with signing keys (PROTOCOL §5).
struct DiffieHellmanKey: Sendable {
    /// What the other side multiplies with.
    let publicKey: PublicKey
    /// The first half of SHA-512 of the seed, clamped as Ed25519 does.
    private let scalar: SecretBytes

    init(_ keyPair: KeyPair) {
        publicKey = keyPair.publicKey
        scalar = SecretBytes(count: 32) { scalar in
            withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { hash in
                keyPair.seed.withUnsafeBytes { seed in
                    _ = crypto_hash_sha512(hash.octets, seed.octets, UInt64(seed.count))
                }
                scalar.copyMemory(from: UnsafeRawBufferPointer(rebasing: hash[..<32]))
                sodium_memzero(hash.octets, hash.count)
            }
            scalar[0] &= 248
            scalar[31] = scalar[31] & 127 | 64
        }
    }

    /// The secret shared with the owner of `point`; `nil` where libsodium refuses it, which it does not for such a point.
    func secret(with point: PrimeOrderPoint) -> SecretBytes? {
        var succeeded = false
        let secret = SecretBytes(count: 32) { secret in
            scalar.withUnsafeBytes { scalar in
                point.publicKey.bytes.withUnsafeBytes { point in
                    succeeded =
                        crypto_scalarmult_ed25519_noclamp(secret.octets, scalar.octets, point.octets) == 0
                }
            }
        }
        return succeeded ? secret : nil
    }
}
