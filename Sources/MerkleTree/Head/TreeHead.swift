public import CompactEncoding
public import Crypto

/// A tree as a whole: its fork, its length and its roots, which stand for everything below them.
///
/// It is what is signed, and the state that a tree grows from; it takes a few kilobytes at most, however long the tree.
///
/// ```swift
/// var head = TreeHead()
/// let nodes = try head.append([TreeLeaf(hash: hashing.leaf(block.span.bytes), size: UInt64(block.count))])
/// store(nodes)
/// sign(head.treeHash(), head.length, head.fork)
/// ```
public struct TreeHead: Hashable, Sendable {
    /// How often the log was truncated: the history that the tree belongs to.
    public var fork: UInt64
    /// How many blocks the tree has.
    public internal(set) var length: UInt64
    /// How many bytes its blocks have.
    public internal(set) var byteLength: UInt64
    /// The roots from left to right, at `FlatTree.roots(ofLength: length)`.
    public internal(set) var roots: [TreeNode]

    /// The tree without blocks.
    public init(fork: UInt64 = 0) {
        self.fork = fork
        length = 0
        byteLength = 0
        roots = []
    }

    /// A tree of these roots.
    ///
    /// - Throws: `.invalidOperation` where they are not the roots of a tree, from left to right.
    public init(fork: UInt64, roots: [TreeNode]) throws(TreeError) {
        self.init(fork: fork)
        for (position, root) in roots.enumerated() {
            try extend(over: root)
            guard position == 0 || FlatTree.depth(of: root.index) < FlatTree.depth(of: roots[position - 1].index) else {
                throw TreeError(
                    .invalidOperation, "node \(root.index) is no root beside node \(roots[position - 1].index)")
            }
        }
        self.roots = roots
    }

    /// Reads the roots of a tree of `length` blocks.
    ///
    /// - Throws: `.missingNode` where one is not held; `.invalidOperation`; what the reader throws.
    public init(fork: UInt64, length: UInt64, reading reader: some NodeReader & ~Escapable) throws {
        guard length <= FlatTree.maximumLength else {
            throw TreeError(.invalidOperation, "no tree has \(length) blocks")
        }
        var roots: [TreeNode] = []
        for index in FlatTree.roots(ofLength: length) {
            roots.append(try reader.required(index))
        }
        try self.init(fork: fork, roots: roots)
    }

    /// The hash that is signed, over all roots (PROTOCOL §2).
    public func treeHash(_ hashing: some TreeHashing = BLAKE2bTreeHashing()) -> Bytes32 {
        hashing.tree(roots)
    }

    /// Whether the two have the same blocks, whatever their forks.
    public func hasSameTree(as other: TreeHead) -> Bool {
        roots == other.roots
    }
}

extension TreeHead {
    /// Counts the blocks and bytes of a subtree that begins where the tree ends.
    ///
    /// - Throws: `.invalidOperation` where it begins elsewhere or has too many bytes; the head is unchanged then.
    mutating func extend(over node: TreeNode) throws(TreeError) {
        guard FlatTree.isIndex(node.index) else {
            throw TreeError(.invalidOperation, "\(node.index) is not the index of a node")
        }
        let blocks = FlatTree.blocks(under: node.index)
        guard blocks.lowerBound == length else {
            throw TreeError(
                .invalidOperation,
                "node \(node.index) begins at block \(blocks.lowerBound), and the tree ends at \(length)")
        }
        guard node.size <= FlatTree.maximumByteLength - byteLength else {
            throw TreeError(.invalidOperation, "\(byteLength) and \(node.size) bytes are more than a tree can have")
        }
        length = blocks.upperBound
        byteLength += node.size
    }
}
