public import CompactEncoding
public import Crypto

/// One who may sign a core's tree (PROTOCOL §3).
public struct ManifestSigner: Hashable, Sendable {
    /// How a signer signs. There is one way so far.
    public enum SignatureAlgorithm: UInt8, Sendable {
        /// Ed25519, detached.
        case ed25519 = 0
    }

    /// How it signs.
    public let signature: SignatureAlgorithm
    /// What separates this signer's signatures from those that its key makes elsewhere; signed in version 0 only.
    public let namespace: Bytes32
    /// The key that verifies its signatures.
    public let publicKey: PublicKey

    /// Declares a signer, in the protocol's default namespace unless another is given.
    public init(
        signature: SignatureAlgorithm = .ed25519, namespace: Bytes32 = Namespaces.Log.defaultNamespace,
        publicKey: PublicKey
    ) {
        self.signature = signature
        self.namespace = namespace
        self.publicKey = publicKey
    }
}

extension CoreManifest {
    /// What a tree must begin with, whoever signs it: at `length` blocks its hash must be `hash` (PROTOCOL §3).
    public struct Prologue: Hashable, Sendable {
        /// The hash of the tree at ``length``.
        public let hash: Bytes32
        /// How many blocks are fixed. A shorter tree is never valid.
        public let length: UInt64

        /// Fixes the first `length` blocks.
        public init(hash: Bytes32, length: UInt64) {
            self.hash = hash
            self.length = length
        }
    }
}
