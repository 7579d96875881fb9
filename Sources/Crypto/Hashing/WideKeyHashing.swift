public import CompactEncoding

extension BLAKE2b {
    /// Hashes `message` with a 64-byte key, such as a handshake hash: `H(k; x)` (PROTOCOL §5 and §7).
    public static func hash(_ message: [UInt8], key: Bytes64) -> Bytes32 {
        key.withUnsafeBytes { hash(message, keyBytes: $0) }
    }
}
