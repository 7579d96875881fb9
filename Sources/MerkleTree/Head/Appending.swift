public import Crypto

extension TreeHead {
    /// Appends blocks, and returns the nodes that this makes, leaves included, each before its parent.
    ///
    /// On average a block makes two nodes and costs one parent hash. Nothing is allocated but the result, and once
    /// the room for roots.
    ///
    /// - Throws: `.treeTooLarge`; the head is unchanged then.
    public mutating func append(
        _ leaves: [TreeLeaf], hashing: some TreeHashing = BLAKE2bTreeHashing()
    ) throws(TreeError) -> [TreeNode] {
        var nodes: [TreeNode] = []
        try append(leaves, hashing: hashing, into: &nodes)
        return nodes
    }

    /// Appends blocks, and adds to `nodes` those that this makes, leaves included, each before its parent.
    ///
    /// - Throws: `.treeTooLarge`; head and nodes are unchanged then.
    public mutating func append(
        _ leaves: [TreeLeaf], hashing: some TreeHashing = BLAKE2bTreeHashing(), into nodes: inout [TreeNode]
    ) throws(TreeError) {
        let newLength = try self.length(adding: leaves)
        if nodes.isEmpty {
            // A tree of n blocks has 2n nodes less one for each of its roots.
            nodes.reserveCapacity(2 * leaves.count + length.nonzeroBitCount - newLength.nonzeroBitCount)
        }
        // Leaves are merged as they come, so that beside the roots there are there is one for each bit of their count at most,
        // and the leaf that was added last.
        roots.reserveCapacity(roots.count + Int.bitWidth - leaves.count.leadingZeroBitCount + 1)
        for leaf in leaves {
            let node = TreeNode(index: length << 1, size: leaf.size, hash: leaf.hash)
            length += 1
            byteLength += leaf.size
            push(node, hashing: hashing, into: &nodes)
        }
    }

    /// Appends a whole subtree by its root, and adds to `nodes` that root and the parents that this makes.
    ///
    /// - Throws: `.invalidOperation` where it does not begin at the end of the tree or has too many bytes; the head
    ///   is unchanged then.
    public mutating func append(
        subtree node: TreeNode, hashing: some TreeHashing = BLAKE2bTreeHashing(), into nodes: inout [TreeNode]
    ) throws(TreeError) {
        try extend(over: node)
        push(node, hashing: hashing, into: &nodes)
    }

    /// The tree grown to `length` blocks by the nodes of `FlatTree.subtrees(covering: self.length..<length)`, which are
    /// looked up by their indices.
    ///
    /// This is how a signature over a longer tree is checked for a shorter one (PROTOCOL §3: allowPatch).
    ///
    /// - Throws: `.invalidOperation` where `length` is below the tree's own or no tree can have it; `.missingNode`;
    ///   what the reader throws.
    public func lifted(
        to length: UInt64, reading reader: some NodeReader & ~Escapable,
        hashing: some TreeHashing = BLAKE2bTreeHashing()
    ) throws -> TreeHead {
        guard length >= self.length else {
            throw TreeError(.invalidOperation, "a tree of \(self.length) blocks cannot be lifted to \(length)")
        }
        guard length <= FlatTree.maximumLength else {
            throw TreeError(.invalidOperation, "no tree has \(length) blocks")
        }
        var lifted = self
        var nodes: [TreeNode] = []
        for index in FlatTree.subtrees(covering: self.length..<length) {
            let node = try reader.required(index)
            guard node.index == index else {
                throw TreeError(.invalidOperation, "node \(node.index) was found in the place of node \(index)")
            }
            try lifted.append(subtree: node, hashing: hashing, into: &nodes)
        }
        return lifted
    }

    /// Makes `node` the last root, and joins roots as long as the last two are siblings.
    ///
    /// The caller has counted the node's blocks and bytes, so sizes cannot overflow here.
    private mutating func push(_ node: TreeNode, hashing: some TreeHashing, into nodes: inout [TreeNode]) {
        var node = node
        nodes.append(node)
        while let left = roots.last, !FlatTree.isLeftChild(node.index), FlatTree.sibling(of: node.index) == left.index {
            let size = left.size + node.size
            node = TreeNode(
                index: FlatTree.parent(of: node.index), size: size,
                hash: hashing.parent(size: size, left: left.hash, right: node.hash))
            nodes.append(node)
            roots.removeLast()
        }
        roots.append(node)
    }

    /// The length with `leaves` added, all of them checked before the first is taken.
    private func length(adding leaves: [TreeLeaf]) throws(TreeError) -> UInt64 {
        guard UInt64(leaves.count) <= FlatTree.maximumLength - length else {
            throw TreeError(.treeTooLarge, "\(length) and \(leaves.count) blocks are more than a tree can have")
        }
        var room = FlatTree.maximumByteLength - byteLength
        for leaf in leaves {
            guard leaf.size <= room else {
                throw TreeError(.treeTooLarge, "\(leaves.count) blocks are more bytes than a tree can have")
            }
            room -= leaf.size
        }
        return length + UInt64(leaves.count)
    }
}
