extension TreeHead {
    /// How many nodes a request for a block has to ask for: those from its leaf up that are not held here.
    ///
    /// - Returns: 0 where the leaf itself is held, and also where the block lies past the end of the tree: the path
    ///   there ends in nodes of an upgrade, and the number is ignored (PROTOCOL §4, Proof request).
    /// - Throws: what the reader throws.
    public func missingNodes(
        fromBlock block: UInt64, reading reader: some NodeReader & ~Escapable
    ) throws -> UInt64 {
        guard block < length else { return 0 }
        return try missingNodes(fromNode: FlatTree.leaf(ofBlock: block), reading: reader)
    }

    /// How many nodes a request for a node has to ask for: those from it up that are not held here.
    ///
    /// - Returns: 0 where the node is held, and also where it lies past the end of the tree.
    /// - Throws: what the reader throws.
    public func missingNodes(
        fromNode index: UInt64, reading reader: some NodeReader & ~Escapable
    ) throws -> UInt64 {
        var missing: UInt64 = 0
        var index = index
        // Every node of the tree lies below one of its roots, and those are known.
        while contains(index), try knownNode(at: index, reading: reader) == nil {
            missing += 1
            index = FlatTree.parent(of: index)
        }
        return missing
    }
}
