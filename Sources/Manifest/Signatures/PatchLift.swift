import Crypto

extension TreeAuthority {
    /// The statement about the tree that is `patch` blocks longer, its roots computed from ours and the patch's nodes.
    ///
    /// Nodes are looked up by their tree index, whatever their order; of two with one index the last counts.
    ///
    /// - Throws: `.invalidSignature` where a node is missing or the tree would be longer than any.
    func lift(
        _ statement: TreeStatement, _ roots: [TreeNode], by patch: UInt64, with nodes: [TreeNode],
        hashing: some TreeHashing
    ) throws(ManifestError) -> TreeStatement {
        let nodes = Dictionary(nodes.map { ($0.index, $0) }) { _, last in last }
        guard var tree = GrowingRoots(length: statement.length, roots: roots),
            let roots = tree.grow(by: patch, taking: nodes, hashing: hashing)
        else {
            throw ManifestError(
                .invalidSignature, "the patch does not lead from \(statement.length) blocks to \(patch) more")
        }
        return TreeStatement(
            treeHash: hashing.tree(roots), length: statement.length + patch, fork: statement.fork)
    }
}

/// The roots of a tree that grows by whole subtrees, the largest that fit, and joins siblings as they meet.
private struct GrowingRoots {
    private struct Root {
        let firstBlock: UInt64
        let blockCount: UInt64
        let node: TreeNode
    }

    private var roots: [Root] = []
    private var length: UInt64 = 0

    /// Pairs each root of a tree of `length` blocks with the blocks below it; `nil` where they are not that tree's.
    init?(length: UInt64, roots nodes: [TreeNode]) {
        guard length <= CoreManifest.Limits.treeLength, nodes.count == length.nonzeroBitCount else { return nil }
        for node in nodes {
            let count = Self.largestPowerOfTwo(atMost: length - self.length)
            guard node.index == Self.nodeIndex(firstBlock: self.length, blockCount: count) else { return nil }
            roots.append(Root(firstBlock: self.length, blockCount: count, node: node))
            self.length += count
        }
    }

    /// The roots after `blockCount` more blocks, or `nil` where a node is missing.
    mutating func grow(
        by blockCount: UInt64, taking nodes: [UInt64: TreeNode], hashing: some TreeHashing
    ) -> [TreeNode]? {
        let (target, overflow) = length.addingReportingOverflow(blockCount)
        guard !overflow, target <= CoreManifest.Limits.treeLength else { return nil }
        while length < target {
            // A subtree begins at a multiple of its own size.
            let aligned = length == 0 ? .max : length & (~length + 1)
            let count = min(aligned, Self.largestPowerOfTwo(atMost: target - length))
            guard let node = nodes[Self.nodeIndex(firstBlock: length, blockCount: count)] else { return nil }
            roots.append(Root(firstBlock: length, blockCount: count, node: node))
            length += count
            guard joinSiblings(hashing: hashing) else { return nil }
        }
        return roots.map(\.node)
    }

    private mutating func joinSiblings(hashing: some TreeHashing) -> Bool {
        while roots.count >= 2 {
            let left = roots[roots.count - 2]
            let right = roots[roots.count - 1]
            guard left.blockCount == right.blockCount, left.firstBlock.isMultiple(of: 2 * left.blockCount) else {
                break
            }
            let count = 2 * left.blockCount
            let index = Self.nodeIndex(firstBlock: left.firstBlock, blockCount: count)
            guard let parent = hashing.parent(index: index, left.node, right.node) else { return false }
            roots.removeLast(2)
            roots.append(Root(firstBlock: left.firstBlock, blockCount: count, node: parent))
        }
        return true
    }

    private static func largestPowerOfTwo(atMost count: UInt64) -> UInt64 {
        1 << UInt64(UInt64.bitWidth - 1 - count.leadingZeroBitCount)
    }

    private static func nodeIndex(firstBlock: UInt64, blockCount: UInt64) -> UInt64 {
        2 * firstBlock + blockCount - 1
    }
}
