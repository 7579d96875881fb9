public import Crypto

/// How the blocks of a log are encrypted, as it is said to a session.
///
/// Encrypted blocks are what is stored, hashed, signed and replicated; a peer without the key keeps and serves them like
/// any others. Only sessions that were opened with the key read them.
public enum BlockEncryption: Sendable {
    /// By the protocol (PROTOCOL §8), under a key of 32 bytes that many logs may share: each derives keys of its own.
    case key(SecretBytes)
    /// By the protocol, with these 32 bytes as the log's own block key.
    case blockKey(SecretBytes)
    /// By something else.
    case custom(any BlockEncryptor)
}

/// Encrypts and decrypts the blocks of one log.
///
/// Called from many threads at once, without a lock. A block may be encrypted for a place in the log and not be appended
/// there, because something came between; another block is then encrypted for the same place. What was not appended is
/// shown to nobody.
public protocol BlockEncryptor: Sendable {
    /// How many bytes longer every block becomes; never changes.
    var paddingByteCount: Int { get }

    /// Encrypts a block.
    ///
    /// - Parameters:
    ///   - block: what the user appends.
    ///   - index: where the block will be.
    ///   - fork: the fork that it is appended in.
    /// - Returns: ``paddingByteCount`` bytes more than `block` has.
    func encrypt(_ block: RawSpan, index: UInt64, fork: UInt64) throws -> [UInt8]

    /// Decrypts a block as it is stored; its fork is not told, for it may have been appended in any.
    func decrypt(_ stored: RawSpan, index: UInt64) throws -> [UInt8]
}

extension BlockCipher: BlockEncryptor {
    public var paddingByteCount: Int { Self.paddingByteLength }
}
