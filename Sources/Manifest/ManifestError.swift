/// Why a manifest, or a signature under one, was refused.
public struct ManifestError: Error, Equatable, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// The quorum is negative, or above the number of signers.
        case invalidQuorum
        /// A field that the manifest's version cannot carry.
        case fieldNotInVersion
        /// More signers, linked cores or user data than ``CoreManifest/Limits`` allows.
        case tooLarge
        /// A manifest that does not belong to the core's key.
        case foreignManifest
        /// A signer that the manifest does not declare.
        case unknownSigner
        /// Fewer signatures than the quorum.
        case quorumNotReached
        /// A missing, malformed or wrong signature.
        case invalidSignature
        /// A tree that breaks the promise of the manifest's prologue.
        case prologueMismatch
        /// A signer refused or failed.
        case signingFailed
    }

    /// The kind of failure.
    public let code: Code
    /// What was refused and why.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ManifestError: CustomStringConvertible {
    public var description: String { message }
}
