import Crypto
import Manifest
import Synchronization

/// What one session, and the snapshots taken of it, encrypt and decrypt with.
///
/// The keys of a log depend on whether it is from before manifests. A reader may learn that only with the first block, so
/// the encryptor is made when it is first needed.
final class SessionCipher: Sendable {
    private let encryption: BlockEncryption
    private let made = Mutex<(any BlockEncryptor)?>(nil)

    init(_ encryption: BlockEncryption) {
        self.encryption = encryption
    }

    /// How many bytes of each stored block are not the user's.
    var paddingByteCount: Int {
        switch encryption {
        case .key, .blockKey: BlockCipher.paddingByteLength
        case .custom(let encryptor): encryptor.paddingByteCount
        }
    }

    /// What encrypts the blocks of `core`, the session's.
    ///
    /// - Throws: `.encryptionFailed` for a key of another length than 32 bytes.
    func encryptor(of core: Core) throws(HypercoreError) -> any BlockEncryptor {
        if let made = made.withLock({ $0 }) { return made }
        let authority = core.state.withLock { $0.authority }
        let encryptor = try make(for: core.key, isCompat: authority?.isCompat ?? false)
        if authority != nil { made.withLock { $0 = encryptor } }
        return encryptor
    }

    /// Block `index` of `core` as the user appended it.
    func decrypt(_ stored: [UInt8], at index: UInt64, of core: Core) throws(HypercoreError) -> [UInt8] {
        let encryptor = try encryptor(of: core)
        do {
            return try encryptor.decrypt(stored.span.bytes, index: index)
        } catch {
            throw HypercoreError(
                .encryptionFailed, key: core.key, "block \(index) cannot be decrypted: \(error)")
        }
    }

    private func make(for key: CoreKey, isCompat: Bool) throws(HypercoreError) -> any BlockEncryptor {
        do {
            return switch encryption {
            case .key(let secret):
                BlockCipher(try BlockKeys(encryptionKey: secret, core: key, isCompat: isCompat))
            case .blockKey(let secret): BlockCipher(try BlockKeys(blockKey: secret))
            case .custom(let encryptor): encryptor
            }
        } catch {
            throw HypercoreError(.encryptionFailed, key: key, "\(error)")
        }
    }
}
