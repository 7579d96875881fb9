public import Crypto

/// Why an operation on a log failed, in words that a person can act on.
public struct HypercoreError: Error, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// The session, or the store behind it, is closed.
        case closed
        /// The store is suspended; wait until it is resumed, or use what waits by itself.
        case suspended
        /// The log can only be read here: this store does not hold its signing key, or was opened read-only.
        case notWritable
        /// What was appended now could be a second history of the log; see ``AppendingStop``.
        case appendingStopped
        /// Nothing is stored under this key or name, and creating it was not asked for or is not possible.
        case notFound
        /// Another log is in the place: the name leads to it. See ``SessionOptions/force``.
        case anotherCore
        /// The log is open, so that it cannot be begun anew or removed; close its sessions and connections first.
        case inUse
        /// The log belongs to another group, and a log has one group only.
        case otherGroup
        /// No blocks are being marked, so that sweeping would keep nothing.
        case notMarking
        /// A block index, range or length outside the log.
        case outOfBounds
        /// The block is not stored here, and no peer was to be waited for.
        case notAvailable
        /// A block larger than ``Hypercore/maximumBlockByteCount``.
        case blockTooLarge
        /// The log would get longer than the append allows.
        case logTooLong
        /// A batch of changes larger than one commit takes.
        case tooLarge
        /// Two signed histories of the log are known, so that it is frozen for good; see ``Hypercore/conflict()``.
        case frozen
        /// The log was purged from this store.
        case purged
        /// A snapshot in a process that only reads, of which the writing process has swept what it read.
        case snapshotGone
        /// What is stored contradicts itself or does not decode.
        case damaged
        /// The store refused or failed; the message says how.
        case storage
        /// A manifest, signature or key does not fit the log.
        case invalidManifest
        /// A signature does not hold for the tree that it was given with: another tree or fork was signed, or by others, or by
        /// too few.
        case invalidSignature
        /// A proof does not prove what it claims.
        case invalidProof
        /// The log would not begin with the blocks that its manifest fixes.
        case prologueMismatch
        /// The signer of the log failed or took too long; nothing of the change happened.
        case signingFailed
        /// A block could not be encrypted; or what is stored cannot be decrypted, because it never was encrypted so.
        case encryptionFailed
        /// A value could not be made into a block by its codec, or a block not into a value.
        case codingFailed
        /// The wait was cancelled or took longer than allowed.
        case timedOut
        /// The log was changed underneath: another writer, a truncation, a purge.
        case conflict
        /// A session of this kind cannot do that, a branch or a snapshot for instance; the message says which can.
        case unsupported
    }

    /// The kind of failure.
    public let code: Code
    /// The log it concerns, if one is known.
    public let key: CoreKey?
    /// What happened and what can be done.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, key: CoreKey?, _ message: String) {
        self.code = code
        self.key = key
        self.message = message
    }
}

extension HypercoreError: CustomStringConvertible {
    public var description: String {
        guard let key else { return message }
        return "\(message) (core \(key))"
    }
}
