/// What is wrong with what is stored of a core, or of the store itself.
public struct StorageRecordError: Error, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// A record does not decode, or contradicts another.
        case damaged
        /// A record was written by a newer version of this library.
        case unsupportedVersion
        /// A core of this discovery key is there already.
        case alreadyStored
        /// The store has given out all core numbers.
        case exhausted
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong, and with which record.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension StorageRecordError: CustomStringConvertible {
    public var description: String { message }
}
