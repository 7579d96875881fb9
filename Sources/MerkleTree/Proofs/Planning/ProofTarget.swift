/// The block or node that a proof begins at.
struct ProofTarget {
    /// The block's index, where the target is a block.
    let block: UInt64?
    /// The node's flat-tree index.
    let node: UInt64
    /// How many siblings the requester lacks on the way up.
    let missing: UInt64

    /// The target of a request; `nil` where it asks for neither. A block takes precedence.
    init?(_ request: ProofRequest) {
        if let block = request.block {
            // A block index past the end of any tree becomes the first such leaf, which every tree refuses.
            node = FlatTree.leaf(ofBlock: min(block.index, FlatTree.maximumLength))
            self.block = block.index
            missing = block.nodes
        } else if let hash = request.hash {
            node = hash.index
            block = nil
            missing = hash.nodes
        } else {
            return nil
        }
    }

    /// Whether all blocks below the target come before `length`.
    func isBelow(_ length: UInt64) -> Bool {
        FlatTree.isIndex(node) && FlatTree.blocks(under: node).upperBound <= length
    }

    /// The ancestor that the requester holds.
    ///
    /// - Throws: `.invalidOperation` where the target or the ancestor is no node of a tree of `length` blocks.
    func ancestor(inFirst length: UInt64) throws(TreeError) -> UInt64 {
        var index = node
        var remaining = missing
        while FlatTree.isIndex(index), FlatTree.blocks(under: index).upperBound <= length {
            guard remaining > 0 else { return index }
            remaining -= 1
            index = FlatTree.parent(of: index)
        }
        throw TreeError(
            .invalidOperation, "\(missing) nodes from node \(node) lead out of a tree of \(length) blocks")
    }
}
