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

    /// The secret shared with the owner of `point`.
    ///
    /// - Returns: `nil` where `point` is not canonical, of small order, or outside of the prime-order group: a secret
    ///   from such a point would depend on little of the scalar, or give bits of it away.
    func secret(with point: PublicKey) -> SecretBytes? {
        guard Self.isInPrimeOrderGroup(point) else { return nil }
        var succeeded = false
        let secret = SecretBytes(count: 32) { secret in
            scalar.withUnsafeBytes { scalar in
                point.bytes.withUnsafeBytes { point in
                    succeeded =
                        crypto_scalarmult_ed25519_noclamp(secret.octets, scalar.octets, point.octets) == 0
                }
            }
        }
        return succeeded ? secret : nil
    }

    /// Whether the group's order times `point` is the neutral element.
    ///
    /// libsodium makes this test too, but until 2026 it looked at one coordinate only and so let through the sum of a
    /// good point and the point of order 2 (CVE-2025-69277). It refuses to return the neutral element, which is the
    /// answer wanted here: the multiplication has to fail, and to have come out there.
    private static func isInPrimeOrderGroup(_ point: PublicKey) -> Bool {
        var product = Bytes32()
        let status = product.withUnsafeMutableBytes { product in
            groupOrder.withUnsafeBytes { order in
                point.bytes.withUnsafeBytes { point in
                    crypto_scalarmult_ed25519_noclamp(product.octets, order.octets, point.octets)
                }
            }
        }
        return status != 0 && product == neutralElement
    }

    /// 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1), little-endian.
    private static let groupOrder = littleEndian(
        0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000)

    /// The point (0, 1) as it is encoded.
    private static let neutralElement = littleEndian(1, 0, 0, 0)

    private static func littleEndian(_ words: UInt64...) -> Bytes32 {
        var bytes = Bytes32()
        bytes.withUnsafeMutableBytes { bytes in
            for (position, word) in words.enumerated() {
                bytes.storeBytes(of: word.littleEndian, toByteOffset: 8 * position, as: UInt64.self)
            }
        }
        return bytes
    }
}
