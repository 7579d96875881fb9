public import Crypto

/// What a proof has proven: it may be stored and shown.
///
/// One thing this kind of tree cannot prove. A parent's hash covers the hashes of its children and the *sum* of their
/// sizes, so of two siblings that were both only received (at the start of a `hash` or `seek` part, or the last node
/// of an upgrade and its first additional one) it is not certain how they share their bytes. The first block proven
/// below one of them settles its size.
public struct VerifiedProof: Hashable, Sendable {
    /// Nodes to be stored. They may include some that are held already, then with the same hash.
    public internal(set) var nodes: [TreeNode] = []
    /// The block of the proof.
    public internal(set) var block: Block?
    /// The node of the proof's hash part.
    @Indirect public internal(set) var hash: TreeNode?
    /// The tree to go on from; `nil` where the proof had no upgrade, or one that is no longer than the tree held here.
    @Indirect public internal(set) var upgrade: Upgrade?

    /// A proven block.
    public struct Block: Hashable, Sendable {
        /// The block's index.
        public let index: UInt64
        /// The block's bytes.
        public let value: ArraySlice<UInt8>
    }

    /// A longer tree, whose signature was accepted.
    public struct Upgrade: Hashable, Sendable {
        /// The longer tree.
        public let head: TreeHead
        /// The signature over it.
        public let signature: [UInt8]?
    }
}

/// How far a proof goes without its signature.
public enum ProofVerdict: Sendable {
    /// The proof has no upgrade: everything in it was proven against the tree held here.
    case proven(VerifiedProof)
    /// The proof is sound if the signature on its tree is: nothing of it can be used before that was checked.
    case unsigned(UnsignedProof)
}

/// A proof with an upgrade whose signature has not been checked.
///
/// The only way to what it proves leads through ``accept(ifSigned:)``.
public struct UnsignedProof: Sendable {
    /// The tree that the signature has to be over: the sender's whole tree.
    public let head: TreeHead
    /// The tree at the length that the upgrade part itself goes to, before its additional nodes.
    ///
    /// Two validly signed trees conflict where they differ at a length that both have; this is the other tree at the
    /// length that was asked for.
    public let requestedHead: TreeHead
    /// The signature as it came; its form is the manifest's business.
    public let signature: [UInt8]?

    let proof: VerifiedProof

    /// Hands out what the proof proves if `check` finds the signature to be one over the tree.
    ///
    /// - Parameter check: gets ``head`` and ``signature``. A manifest's prologue is checked here too; to tell why a
    ///   tree was refused, throw an error rather than return false.
    /// - Throws: `.invalidSignature` where `check` returns false; what `check` throws.
    public func accept(ifSigned check: (TreeHead, [UInt8]?) throws -> Bool) throws -> VerifiedProof {
        guard try check(head, signature) else {
            throw TreeError(
                .invalidSignature, "the tree of \(head.length) blocks in fork \(head.fork) is not validly signed")
        }
        return proof
    }
}

extension ProofVerdict {
    /// What the proof proves, where it has no upgrade or where `check` finds its signature valid.
    ///
    /// - Throws: `.invalidSignature`; what `check` throws.
    public func accept(ifSigned check: (TreeHead, [UInt8]?) throws -> Bool) throws -> VerifiedProof {
        switch self {
        case .proven(let proof): proof
        case .unsigned(let unsigned): try unsigned.accept(ifSigned: check)
        }
    }
}
