/// Why a key, a signature or a secret was refused.
public struct CryptoError: Error, Equatable, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// A text is none of the forms of a key.
        case invalidKeyText
        /// Bytes of another length than a key, seed or signature has.
        case invalidLength
        /// A secret key does not belong to the public key beside it.
        case keyMismatch
        /// The system would not lock or protect memory for a secret.
        case guardedMemoryUnavailable
        /// A signer refused or failed.
        case signingFailed
    }

    /// The kind of failure.
    public let code: Code
    /// What was refused and what would be accepted; never holds a secret.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension CryptoError: CustomStringConvertible {
    public var description: String { message }
}
