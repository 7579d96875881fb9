/// Why a tree could not be read, built, proven or verified.
public struct TreeError: Error, Equatable, Sendable {
    /// The kind of failure, for programs (PROTOCOL §4, Verification).
    public enum Code: Hashable, Sendable {
        /// A request that no tree of this length can answer, or a proof whose nodes are missing, misplaced, or end at a
        /// root that is not known here.
        case invalidOperation
        /// A proof whose hashes differ from those known here.
        case invalidChecksum
        /// A tree that was not signed by those who may sign it.
        case invalidSignature
        /// A proof that breaks a promise beyond the tree itself, such as a prologue.
        case invalidProof
        /// An upgrade that starts from another length than this tree has. The tree has moved on since it was asked for,
        /// or another peer was pushed it; nothing says that the sender did wrong.
        case staleUpgrade
        /// A node that is needed and not held here.
        case missingNode(UInt64)
        /// Blocks that would make the tree longer than can be counted on the wire.
        case treeTooLarge
    }

    /// The kind of failure.
    public let code: Code
    /// What was expected and what was found.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The error for a node that is not held.
    static func missingNode(_ index: UInt64) -> TreeError {
        TreeError(.missingNode(index), "node \(index) is not held here")
    }
}

extension TreeError: CustomStringConvertible {
    public var description: String { message }
}
