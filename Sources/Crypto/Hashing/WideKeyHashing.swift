import CCorestoreSodium
public import CompactEncoding

extension BLAKE2b {
    /// Hashes `message` with a 64-byte key, such as a handshake hash: `H(k; x)` (PROTOCOL §5 and §7).
    public static func hash(_ message: [UInt8], key: Bytes64) -> Bytes32 {
        Sodium.ready
        var digest = Bytes32()
        digest.withUnsafeMutableBytes { out in
            key.withUnsafeBytes { key in
                _ = crypto_generichash(
                    out.octets, out.count, message, UInt64(message.count), key.octets, key.count)
            }
        }
        return digest
    }
}
