import Crypto
import StorageEngine

/// Why a store could not be opened or used, in words that a person can act on.
public struct CorestoreError: Error, Equatable, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// A primary key was given without saying that it is meant (`unsafe: true`).
        case assertion
        /// The given primary key is not the store's.
        case primaryKeyMismatch
        /// Nothing is stored under this name or key, and nothing was to be made or could be.
        case notFound
        /// The store, or this session of it, is closed.
        case closed
        /// The store is suspended; wait until it is resumed, or use what waits by itself.
        case suspended
        /// What was given is no key, name or log that this can be done with; the message says what it has to be.
        case invalidArgument
        /// The storage engine cannot do this.
        case unsupported
        /// The directory could not be opened as a store; the message says why.
        case storage
    }

    /// The kind of failure.
    public let code: Code
    /// What happened and what can be done.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension CorestoreError: CustomStringConvertible {
    public var description: String { message }
}

extension CorestoreError {
    static let sessionClosed = CorestoreError(.closed, "the store session is closed")
    static let storeClosed = CorestoreError(.closed, "the store is closed; open it again to use it")

    /// Words what is wrong with a text that was to be a key.
    static func rewording<Value>(_ body: () throws(CryptoError) -> Value) throws(CorestoreError) -> Value {
        do {
            return try body()
        } catch {
            throw CorestoreError(.invalidArgument, error.message)
        }
    }

    /// Words a failure of the floors below for whoever uses the store.
    init(_ error: any Error) {
        switch error {
        case let error as CorestoreError: self = error
        case let error as StorageError where error.code == .closed: self = .storeClosed
        case let error as StorageError where error.code == .suspended: self.init(.suspended, error.message)
        default: self.init(.storage, "\(error)")
        }
    }
}
