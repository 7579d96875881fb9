import Crypto
import Synchronization

extension Hypercore {
    /// What the session encrypts and decrypts with, for now.
    var cipher: SessionCipher? { sessionCipher.withLock { $0 } }

    /// How many bytes of each stored block are not the user's: what the session's encryption adds to every block.
    public var paddingByteCount: Int { cipher?.paddingByteCount ?? 0 }

    /// Encrypts what is appended through this session from now on, and decrypts what is read, in another way; `nil` leaves
    /// blocks as they are.
    ///
    /// Snapshots and other sessions that are taken from this one later go by it, too; those that are open keep what they
    /// have. Appends that are under way are encrypted as they were begun. What is stored stays as it is: a log that
    /// is encrypted from some block on can be read only by whoever knows from which.
    ///
    /// ```swift
    /// let log = try await store.get(key: key)
    /// try log.setEncryption(.key(secret))
    /// ```
    ///
    /// - Throws: `.encryptionFailed` for a key of another length than 32 bytes, and the session stays as it was; `.closed`.
    public func setEncryption(_ encryption: BlockEncryption?) throws {
        try requireOpen()
        let cipher = encryption.map { SessionCipher($0) }
        _ = try cipher?.encryptor(of: core)
        sessionCipher.withLock { $0 = cipher }
    }
}
