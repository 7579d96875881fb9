/// What went wrong in a storage engine, in words that a person can act on.
public struct StorageError: Error, Equatable, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// An expectation of a write set did not hold; nothing of that set was applied.
        case conflict
        /// The disk, or the limit on file sizes, is exhausted. Nothing of the write was applied; later writes may work.
        case full
        /// A write, a sync or a read of the file failed.
        case inputOutput
        /// The engine refused because an earlier sync or meta write failed: what is on disk is unknown until reopening.
        case poisoned
        /// The engine, or its writer, is closed.
        case closed
        /// The store is suspended.
        case suspended
        /// The store was opened read-only.
        case readOnly
        /// Another process (or this one) has the store open for writing.
        case inUse
        /// The file is no store, is damaged, or holds another program's data.
        case corrupt
        /// The file was written by a newer version of this library.
        case unsupportedVersion
        /// The path does not exist, or may not be read or written by this user.
        case inaccessible
        /// A key is empty or longer than the engine allows, or a value is too large.
        case invalidArgument
        /// No more readers fit.
        case tooManyReaders
        /// A write set is larger than a transaction may be.
        case tooLarge
        /// The caller asked to give up; nothing has changed.
        case cancelled
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what can be done.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension StorageError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}
