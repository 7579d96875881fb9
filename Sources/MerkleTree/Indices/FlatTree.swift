/// The arithmetic of flat-tree indices: a binary tree over blocks, numbered in order (PROTOCOL §4; `flat-tree.json`).
///
/// Block i is the even node 2i; every odd node is the parent of two subtrees of equal size. No number depends on how
/// long the tree is, so a node keeps its index as the tree grows:
///
/// ```
/// depth 3                                7
///                        ┌───────────────┴───────────────┐
/// depth 2                3                              11
///                ┌───────┴───────┐               ┌───────┴───────┐
/// depth 1        1               5               9              13
///            ┌───┴───┐       ┌───┴───┐       ┌───┴───┐       ┌───┴───┐
/// depth 0    0       2       4       6       8      10      12      14
///          block 0   1       2       3       4       5       6       7
/// ```
///
/// The bits of an index say where it is. The ones at its low end count its depth, a zero follows, and what is above
/// that zero is its offset among the nodes of that depth: 11 is `1·0·11`, so depth 2 and offset 1. That is why
/// every function here is a few bit operations, and total: no index traps, not even one that no tree holds.
/// Indices from outside are checked once, with ``isIndex(_:)``.
public enum FlatTree {
    /// The most blocks that a tree can have, 2^52: the largest number whose node indices all stay sendable,
    /// which is at most 2^53 - 1 (PROTOCOL §1).
    public static let maximumLength: UInt64 = 1 << 52

    /// The largest depth of a node, that of the root of a tree of ``maximumLength``.
    public static let maximumDepth = 52

    /// The largest number of bytes that a tree can have, 2^53 - 1: sizes are sent as integers too.
    public static let maximumByteLength: UInt64 = (1 << 53) - 1

    /// Whether a tree of at most ``maximumLength`` blocks can hold a node with this index.
    @inlinable
    public static func isIndex(_ index: UInt64) -> Bool {
        index < 2 * maximumLength - 1
    }
}

// MARK: - Place

extension FlatTree {
    /// How many levels a node is above the blocks; 0 for the leaf of a block.
    @inlinable
    public static func depth(of index: UInt64) -> Int {
        (~index).trailingZeroBitCount
    }

    /// The place of a node among those of its depth, from the left, counted from 0.
    @inlinable
    public static func offset(of index: UInt64) -> UInt64 {
        index >> (depth(of: index) + 1)
    }

    /// The node at a depth and an offset, or `nil` where its index has more than 64 bits.
    @inlinable
    public static func index(depth: Int, offset: UInt64) -> UInt64? {
        guard (0..<64).contains(depth), offset.leadingZeroBitCount > depth else { return nil }
        return (offset << (depth + 1)) | ((1 << depth) - 1)
    }

    /// The leaf of a block.
    ///
    /// - Precondition: `block` is at most ``maximumLength``; one that came from outside has been checked.
    @inlinable
    public static func leaf(ofBlock block: UInt64) -> UInt64 {
        precondition(block <= maximumLength, "block \(block) is past the longest tree, of \(maximumLength) blocks")
        return block << 1
    }
}

// MARK: - Relatives

extension FlatTree {
    /// The node above.
    @inlinable
    public static func parent(of index: UInt64) -> UInt64 {
        let depth = depth(of: index)
        return (index | 1 << depth) & ~(1 << (depth + 1))
    }

    /// The node that shares this one's parent.
    @inlinable
    public static func sibling(of index: UInt64) -> UInt64 {
        index ^ 1 << (depth(of: index) + 1)
    }

    /// The two nodes below, or `nil` for a leaf.
    @inlinable
    public static func children(of index: UInt64) -> (left: UInt64, right: UInt64)? {
        let depth = depth(of: index)
        guard depth > 0 else { return nil }
        let left = index & ~(1 << (depth - 1))
        return (left, left | 1 << depth)
    }

    /// Whether a node is the left one of its parent's two.
    @inlinable
    public static func isLeftChild(_ index: UInt64) -> Bool {
        offset(of: index) & 1 == 0
    }

    /// Whether `descendant` lies in the subtree of `ancestor`, or is it.
    @inlinable
    public static func contains(_ ancestor: UInt64, _ descendant: UInt64) -> Bool {
        leftmostLeaf(under: ancestor) <= descendant && descendant <= rightmostLeaf(under: ancestor)
    }
}

// MARK: - Extent

extension FlatTree {
    /// The first leaf of a node's subtree.
    @inlinable
    public static func leftmostLeaf(under index: UInt64) -> UInt64 {
        index & (index &+ 1)
    }

    /// The last leaf of a node's subtree.
    @inlinable
    public static func rightmostLeaf(under index: UInt64) -> UInt64 {
        (index | (index &+ 1)) &- 1
    }

    /// The blocks of a node's subtree.
    @inlinable
    public static func blocks(under index: UInt64) -> Range<UInt64> {
        leftmostLeaf(under: index) >> 1..<(rightmostLeaf(under: index) >> 1) + 1
    }

    /// How many leaves a node's subtree has.
    @inlinable
    public static func leafCount(under index: UInt64) -> UInt64 {
        1 << depth(of: index)
    }

    /// How many nodes a node's subtree has, itself included.
    @inlinable
    public static func nodeCount(under index: UInt64) -> UInt64 {
        (2 << depth(of: index)) &- 1
    }
}
