public import Crypto

/// A history of a higher fork that is to take the place of the log's own, from a block on (PROTOCOL §4, Reorg).
///
/// The head's signature was verified with the manifest that the core's key commits to, and every node is bound to the head by
/// a chain of hashes. The first ``ancestorLength`` blocks are the same in both histories.
public struct Reorganization: Sendable {
    /// The fork that the log has now; a log of another one must refuse the change.
    public let baseFork: UInt64
    /// The length that the log has now; a log of another one must refuse the change.
    public let baseLength: UInt64
    /// The blocks below stay, with the nodes below which there are no others; whatever lies past them is cut off. At most the
    /// lengths of both histories.
    public let ancestorLength: UInt64
    /// The nodes of the new history to store once the old one is cut back; the roots of the new head are among them. One that
    /// is stored already, below the ancestor, is equal to it.
    public let nodes: [TreeNode]
    /// The new head. Its fork is higher than ``baseFork``; it may be shorter than the log was.
    public let head: SignedHead
}
