import CCorestoreSodium
import CompactEncoding

/// The two keys under which a core's blocks are encrypted (PROTOCOL §8; `encryption.json`: blockKey, blindingKey).
public struct BlockKeys: Equatable, Sendable {
    /// Encrypts the bytes of blocks.
    public let block: SecretBytes
    /// Hides the fork in a block's padding: `H(blockKey)`.
    public let blinding: SecretBytes

    /// How many bytes an encryption key has.
    public static let keyByteCount = 32

    /// Derives the keys of one core from an encryption key that several cores may share.
    ///
    /// - Parameters:
    ///   - encryptionKey: 32 bytes.
    ///   - core: the key of the core whose blocks they are.
    ///   - isCompat: whether that core is from before manifests: these derive `H(coreKey; encryptionKey)`, others
    ///     `H(DEFAULT_ENCRYPTION ‖ coreKey ‖ encryptionKey)`.
    /// - Throws: `.invalidLength`.
    public init(encryptionKey: SecretBytes, core: CoreKey, isCompat: Bool) throws(CryptoError) {
        try Self.checkLength(encryptionKey)
        self.init(
            block: isCompat
                ? Self.hash(encryptionKey, key: core.bytes)
                : Self.hash(Self.message(encryptionKey, core), key: nil))
    }

    /// Takes `blockKey` itself as the block key (the reference's `block: true`).
    ///
    /// - Parameter blockKey: 32 bytes.
    /// - Throws: `.invalidLength`.
    public init(blockKey: SecretBytes) throws(CryptoError) {
        try Self.checkLength(blockKey)
        self.init(block: blockKey)
    }

    private init(block: SecretBytes) {
        self.block = block
        blinding = Self.hash(block, key: nil)
    }

    private static func checkLength(_ key: SecretBytes) throws(CryptoError) {
        guard key.count == keyByteCount else {
            throw CryptoError(.invalidLength, "an encryption key has \(keyByteCount) bytes, not \(key.count)")
        }
    }

    /// What the block key of a core with a manifest is a hash of.
    private static func message(_ encryptionKey: SecretBytes, _ core: CoreKey) -> SecretBytes {
        let context = Namespaces.Log.defaultEncryption.array + core.bytes.array
        return SecretBytes(count: context.count + encryptionKey.count) { message in
            message.copyBytes(from: context)
            encryptionKey.withUnsafeBytes { secret in
                UnsafeMutableRawBufferPointer(rebasing: message[context.count...]).copyMemory(from: secret)
            }
        }
    }

    /// Hashes a secret straight into memory that is erased, as ``BLAKE2b`` does into memory that is not.
    private static func hash(_ message: SecretBytes, key: Bytes32?) -> SecretBytes {
        SecretBytes(count: keyByteCount) { digest in
            message.withUnsafeBytes { message in
                let key = key?.array ?? []
                _ = crypto_generichash(
                    digest.octets, digest.count, message.octets, UInt64(message.count), key, key.count)
            }
        }
    }
}
