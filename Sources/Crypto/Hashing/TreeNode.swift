public import CompactEncoding

/// A node of a Merkle tree over blocks (PROTOCOL §4).
public struct TreeNode: Hashable, Sendable {
    /// The node's flat-tree index: block i is node 2i.
    public var index: UInt64
    /// The bytes of all blocks below the node.
    public var size: UInt64
    /// The node's hash.
    public var hash: Bytes32

    /// Creates a node.
    public init(index: UInt64, size: UInt64, hash: Bytes32) {
        self.index = index
        self.size = size
        self.hash = hash
    }
}
