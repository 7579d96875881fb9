public import CompactEncoding
public import Crypto
public import MerkleTree

/// One signer's share of a tree's signature (`multisig.json`: parts).
public struct PartialSignature: Hashable, Sendable {
    /// Which signer of the manifest made it.
    public var signer: Int
    /// What it made.
    public var signature: Bytes64
    /// How the tree it signed is longer than the one that is to be signed; `nil` where it signed that one.
    public var patch: Patch?

    /// Creates a share.
    public init(signer: Int, signature: Bytes64, patch: Patch? = nil) {
        self.signer = signer
        self.signature = signature
        self.patch = patch
    }

    /// What lies between the tree that is to be signed and a longer one that was.
    public struct Patch: Hashable, Sendable {
        /// The length of the signed tree, in blocks.
        public var lengthAfter: UInt64
        /// How many blocks longer it is.
        public var length: UInt64
        /// The nodes that lift the shorter tree to it: those of `FlatTree.subtrees(covering:)` for the blocks between.
        public var nodes: [TreeNode]

        /// Describes the way from a tree of `lengthBefore` blocks to one of `lengthAfter`.
        ///
        /// - Precondition: the second is longer.
        public init(from lengthBefore: UInt64, to lengthAfter: UInt64, nodes: [TreeNode]) {
            precondition(lengthBefore < lengthAfter, "no patch leads from \(lengthBefore) blocks to \(lengthAfter)")
            self.lengthAfter = lengthAfter
            self.length = lengthAfter - lengthBefore
            self.nodes = nodes
        }

        /// Reads the nodes that lead from a tree of `lengthBefore` blocks to one of `lengthAfter`.
        ///
        /// - Precondition: the second is longer.
        /// - Throws: `TreeError` with `.missingNode`; what the reader throws.
        public init(
            from lengthBefore: UInt64, to lengthAfter: UInt64, reading reader: some NodeReader & ~Escapable
        ) throws {
            var nodes: [TreeNode] = []
            for index in FlatTree.subtrees(covering: lengthBefore..<lengthAfter) {
                guard let node = try reader.node(at: index) else {
                    throw TreeError(.missingNode(index), "node \(index) of the patch is not held here")
                }
                nodes.append(node)
            }
            self.init(from: lengthBefore, to: lengthAfter, nodes: nodes)
        }
    }
}

extension TreeAuthority {
    /// Puts shares together to the `signature` field that is stored and sent.
    ///
    /// The shares are not verified here; ``verify(_:of:hashing:)`` does that. Only the first ``quorum`` of them
    /// will count.
    ///
    /// - Throws: `.quorumNotReached`; `.unknownSigner` for a signer that does not exist or comes twice among those that
    ///   count; `.invalidSignature` for a patch where the manifest allows none.
    public func assemble(_ parts: [PartialSignature]) throws(ManifestError) -> [UInt8] {
        guard quorum > 0, parts.count >= quorum else {
            throw ManifestError(.quorumNotReached, "\(parts.count) signatures of \(quorum): \(quorumHint)")
        }
        try checkSigners(parts)
        switch signatureForm {
        case .bare: return parts[0].signature.array
        case .list(let form): return MultiSignature.encode(parts, as: form)
        }
    }

    /// The longest tree that a quorum has signed or gone past, given how long a tree each signer has signed.
    ///
    /// With patches allowed that tree can be signed; 0 where no quorum is reached.
    public func signableLength(ofSigned lengths: [UInt64]) -> UInt64 {
        guard quorum > 0, quorum <= lengths.count else { return 0 }
        return lengths.sorted(by: >)[quorum - 1]
    }

    private var quorumHint: String {
        quorum == 0 ? "nobody can sign this core" : "ask more of its signers"
    }

    private func checkSigners(_ parts: [PartialSignature]) throws(ManifestError) {
        for (position, part) in parts.enumerated() {
            guard manifest.signers.indices.contains(part.signer) else {
                throw ManifestError(
                    .unknownSigner, "there is no signer \(part.signer) among \(manifest.signers.count)")
            }
            // Not through a set: one signature is the rule, and what counts of many is a handful.
            guard position >= quorum || !parts[..<position].contains(where: { $0.signer == part.signer }) else {
                throw ManifestError(.unknownSigner, "signer \(part.signer) comes twice and counts once")
            }
            guard part.patch == nil || allowsPatch else {
                throw ManifestError(
                    .invalidSignature, "signer \(part.signer) signed a longer tree; the manifest allows no patches")
            }
        }
    }
}
