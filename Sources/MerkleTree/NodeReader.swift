public import Crypto

/// Where a tree's nodes are read from: a store, an overlay of nodes not yet committed, an array in a test.
///
/// The module computes *which* nodes it needs and asks for them here; it never knows how they are kept.
public protocol NodeReader {
    /// The node with this flat-tree index, or `nil` where it is not held.
    ///
    /// - Throws: what the place throws when it cannot be read.
    func node(at index: UInt64) throws -> TreeNode?
}

extension [UInt64: TreeNode]: NodeReader {
    public func node(at index: UInt64) -> TreeNode? { self[index] }
}
