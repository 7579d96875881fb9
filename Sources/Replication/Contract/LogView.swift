public import Manifest
public import MerkleTree

/// The local log as it is *stored*, lent to the replicator for the length of one call.
///
/// The driver makes it from the durable head: what is appended but not yet on disk is not in it, because a proof of it
/// would outlive a crash that the log does not. Every answer is synchronous and takes bounded time. Two calls of the
/// replicator may see different states; within one call the state must not change. It may borrow from a snapshot that
/// does not outlive its closure, which is why it need not be escapable.
///
/// The nodes of `node(at:)` are those of the durable head's fork.
public protocol LogView: NodeReader, ~Escapable {
    /// The durable head.
    var head: SignedHead { get }

    /// Who may sign the log, or `nil` while only its key is known. A compat core has one: the one its key stands for.
    var authority: TreeAuthority? { get }

    /// The length of the unbroken run of blocks that starts at block 0; at most the head's length.
    var contiguousLength: UInt64 { get }

    /// Whether the block is stored.
    func has(_ block: UInt64) -> Bool

    /// The first block of `range` that is not stored; blocks past the log's length are not.
    ///
    /// Called for every block that is asked for: it must not walk over stored blocks one by one.
    func firstMissing(in range: Range<UInt64>) -> UInt64?

    /// The first block of `range` that is stored.
    func firstStored(in range: Range<UInt64>) -> UInt64?

    /// 32 bits a word, least significant first, one for each of the blocks from `start` on: whether it is stored.
    ///
    /// `start` is a multiple of 32. Asked for at most 65,536 words.
    func storedWords(from start: UInt64, count: Int) -> [UInt32]
}

/// A tree, and the signature that makes it the log's.
public struct SignedHead: Hashable, Sendable {
    /// The tree: fork, length and roots.
    public var tree: TreeHead
    /// The signature over the tree, in the form that the manifest asks for; `nil` for an empty or a static log.
    public var signature: [UInt8]?

    /// Creates a head; that of an empty log by default.
    public init(tree: TreeHead = TreeHead(), signature: [UInt8]? = nil) {
        self.tree = tree
        self.signature = signature
    }
}

/// What happened to the log other than through the replicator's own commits.
///
/// Told after the change is durable, with a ``LogView`` that shows it.
public enum LocalChange: Hashable, Sendable {
    /// Blocks were appended; the log had `oldLength` of them before.
    case appended(oldLength: UInt64)
    /// The log was cut back to its present length, from `oldLength`, and has a higher fork.
    case truncated(oldLength: UInt64)
    /// The data of these blocks was dropped.
    case cleared(Range<UInt64>)
    /// The log became longer by a head that was signed elsewhere; which blocks are here stays as it was.
    case upgraded
    /// The data of these blocks was stored, by a copy or an import.
    case stored(Range<UInt64>)
    /// The manifest became known.
    case manifestSet
    /// Nodes of the tree that were damaged were written anew or dropped. What did not fit them may have been right.
    case repaired
}
