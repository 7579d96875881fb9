import CCorestoreSodium
import CompactEncoding
import Crypto

/// The other side's public key, known to be a point with which a secret can be agreed on.
///
/// A secret from any other point would depend on little of our scalar, or give bits of it away.
struct PrimeOrderPoint: Equatable, Sendable {
    let publicKey: PublicKey

    /// Checks a key; `nil` where it is not canonical, not on the curve, of small order, or outside of the prime-order
    /// group (PROTOCOL §5).
    ///
    /// The check is that the group's order times the point is the neutral element. libsodium makes it too, but until
    /// 2026 it looked at one coordinate only, and so let through the sum of a good point and the point of order 2
    /// (CVE-2025-69277). Never does it give out the neutral element, which is the answer wanted here: so the
    /// multiplication has to fail, and to have come out there.
    init?(_ publicKey: PublicKey) {
        var product = Bytes32()
        let status = product.withUnsafeMutableBytes { product in
            Self.groupOrder.withUnsafeBytes { order in
                publicKey.bytes.withUnsafeBytes { point in
                    crypto_scalarmult_ed25519_noclamp(product.octets, order.octets, point.octets)
                }
            }
        }
        guard status != 0, product == Self.neutralElement else { return nil }
        self.publicKey = publicKey
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
