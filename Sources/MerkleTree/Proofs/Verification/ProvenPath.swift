import Crypto

/// A way up a tree, recomputed: the root that it came to, and what lies below it.
///
/// It proves nothing yet. What makes it true is that its root is a node known here, or one that a signature covers.
struct ProvenPath {
    /// The node that the path came to.
    private(set) var root: TreeNode
    /// The path's other nodes: the start, the siblings and the parents.
    private(set) var below: [TreeNode] = []
    /// Whether the root's hash covers its size, so that equal hashes mean equal sizes.
    ///
    /// Of a node that was only received, the hash says nothing of the size; it does of a parent and of a hashed block.
    private(set) var rootSizeIsHashed: Bool

    /// Begins with a block, whose hash covers its size.
    init(ofBlock block: UInt64, value: ArraySlice<UInt8>, hashing: some TreeHashing) {
        let hash = value.withUnsafeBytes { hashing.leaf($0.bytes) }
        root = TreeNode(index: FlatTree.leaf(ofBlock: block), size: UInt64(value.count), hash: hash)
        rootSizeIsHashed = true
    }

    /// Begins with a node as it was received.
    init(from node: TreeNode) {
        root = node
        rootSizeIsHashed = false
    }

    /// Walks up by all of `siblings`.
    ///
    /// - Throws: `.invalidOperation` where a node is misplaced, or where the path leaves any possible tree.
    mutating func climb(by siblings: ArraySlice<TreeNode>, hashing: some TreeHashing) throws(TreeError) {
        // Every step adds a node and its sibling.
        if !siblings.isEmpty { below.reserveCapacity(2 * min(siblings.count + 1, FlatTree.maximumDepth)) }
        for sibling in siblings { try climb(by: sibling, hashing: hashing) }
    }

    /// Walks up by all of `siblings`, and past the root of `passed`, which is itself one of the siblings on the way.
    ///
    /// - Throws: `.invalidOperation` where a node is missing or misplaced, or where the path leaves any possible tree.
    mutating func climb(
        by siblings: ArraySlice<TreeNode>, passing passed: ProvenPath?, hashing: some TreeHashing
    ) throws(TreeError) {
        guard let passed else { return try climb(by: siblings, hashing: hashing) }
        var siblings = siblings
        while passed.root.index != FlatTree.sibling(of: root.index) {
            guard let sibling = siblings.popFirst() else {
                throw TreeError(.invalidOperation, "the path does not come past node \(passed.root.index)")
            }
            try climb(by: sibling, hashing: hashing)
        }
        below += passed.below
        try join(passed.root, hashing: hashing)
        try climb(by: siblings, hashing: hashing)
    }

    private mutating func climb(by sibling: TreeNode, hashing: some TreeHashing) throws(TreeError) {
        let index = FlatTree.sibling(of: root.index)
        guard sibling.index == index else {
            throw TreeError(.invalidOperation, "expected node \(index), not node \(sibling.index)")
        }
        try join(sibling, hashing: hashing)
    }

    /// Replaces the root and its sibling by their parent.
    private mutating func join(_ sibling: TreeNode, hashing: some TreeHashing) throws(TreeError) {
        let parent = FlatTree.parent(of: root.index)
        let (left, right) = FlatTree.isLeftChild(root.index) ? (root, sibling) : (sibling, root)
        // The tree is 52 levels high at most, so a path of any number of nodes ends here soon.
        guard FlatTree.isIndex(parent), let node = hashing.parent(index: parent, left, right),
            node.size <= FlatTree.maximumByteLength
        else {
            throw TreeError(.invalidOperation, "nodes \(left.index) and \(right.index) can have no parent in any tree")
        }
        below.append(root)
        below.append(sibling)
        root = node
        rootSizeIsHashed = true
    }
}

extension ProvenPath {
    /// Recomputes the block, hash and seek parts of a proof into one path; `nil` where there is none of them.
    ///
    /// - Throws: `.invalidOperation`.
    init?(_ proof: Proof, hashing: some TreeHashing) throws(TreeError) {
        guard proof.block == nil || proof.hash == nil else {
            throw TreeError(.invalidOperation, "a proof has a block or a hash, and not both")
        }
        let seek = try ProvenPath(startingWith: proof.seek?.nodes ?? [], hashing: hashing)
        if let block = proof.block {
            try self.init(startingWith: block, hashing: hashing)
            try climb(by: block.nodes[...], passing: seek, hashing: hashing)
        } else if let hash = proof.hash {
            guard let first = hash.nodes.first, first.index == hash.index else {
                throw TreeError(.invalidOperation, "a hash part of node \(hash.index) must begin with that node")
            }
            self.init(from: first)
            try climb(by: hash.nodes.dropFirst(), passing: seek, hashing: hashing)
        } else if let seek {
            self = seek
        } else {
            return nil
        }
    }

    /// Begins with the block of a proof.
    ///
    /// - Throws: `.invalidOperation`.
    init(startingWith block: Proof.Block, hashing: some TreeHashing) throws(TreeError) {
        guard block.index < FlatTree.maximumLength else {
            throw TreeError(.invalidOperation, "block \(block.index) can be in no tree")
        }
        self.init(ofBlock: block.index, value: block.value, hashing: hashing)
    }

    /// Recomputes a path that is given whole, its first node included; `nil` for no nodes.
    init?(startingWith nodes: [TreeNode], hashing: some TreeHashing) throws(TreeError) {
        guard let first = nodes.first else { return nil }
        self.init(from: first)
        try climb(by: nodes.dropFirst(), hashing: hashing)
    }
}
