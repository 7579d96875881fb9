public import Crypto

/// Where a tree's nodes are read from: a store, an overlay of nodes not yet committed, an array in a test.
///
/// The module computes *which* nodes it needs and asks for them here; it never knows how they are kept. A reader that
/// is used beside a ``TreeHead`` holds at least the head's roots.
///
/// A reader may borrow from a snapshot that does not outlive its closure, which is why it need not be escapable.
public protocol NodeReader: ~Escapable {
    /// The node with this flat-tree index, or `nil` where it is not held.
    ///
    /// - Throws: what the place throws when it cannot be read.
    func node(at index: UInt64) throws -> TreeNode?
}

extension NodeReader where Self: ~Escapable {
    /// The node with this flat-tree index.
    ///
    /// - Throws: `.missingNode` where it is not held; what the reader throws.
    func required(_ index: UInt64) throws -> TreeNode {
        guard let node = try node(at: index) else { throw TreeError.missingNode(index) }
        return node
    }
}

extension [UInt64: TreeNode]: NodeReader {
    public func node(at index: UInt64) -> TreeNode? { self[index] }
}
