import Crypto

extension TreeHead {
    /// Whether all blocks below a node are this tree's.
    func contains(_ index: UInt64) -> Bool {
        FlatTree.isIndex(index) && FlatTree.blocks(under: index).upperBound <= length
    }

    /// A node of this tree, if it is a root or held by the reader. What a reader holds past the end of the tree, left
    /// there by a history that was given up, does not count.
    func knownNode(at index: UInt64, reading reader: some NodeReader & ~Escapable) throws -> TreeNode? {
        try knownNode(at: index) { try reader.node(at: $0) }
    }

    func knownNode(at index: UInt64, known: (UInt64) throws -> TreeNode?) throws -> TreeNode? {
        guard contains(index) else { return nil }
        return try roots.first { $0.index == index } ?? known(index)
    }
}
