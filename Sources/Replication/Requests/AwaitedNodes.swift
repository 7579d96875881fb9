import MerkleTree

/// The tree nodes that the answers under way from one peer will bring.
///
/// Answers come in the order of the requests (PROTOCOL §7, Answering), so a request need not ask for a node that an
/// earlier one brings: in a run of small blocks that saves most of the nodes, which would be more bytes than the blocks.
/// If an earlier request comes to nothing, those that rely on it do too. That is rare, and after the first time nothing is
/// relied on any more.
struct AwaitedNodes {
    /// How many requests will bring each node.
    private var counts = IndexTable<Int>()
    private(set) var isTrusted = true

    func contains(_ node: UInt64) -> Bool { counts[node] != nil }

    /// Notes that a block and `nodes` nodes from its leaf up were asked.
    mutating func add(block: UInt64, nodes: UInt64) {
        guard isTrusted else { return }
        Self.forEachNode(above: block, nodes) { node in
            // Most are asked once.
            if let count = counts.updateValue(1, forKey: node) { counts[node] = count + 1 }
        }
    }

    /// Notes that the answer has come, or never will.
    mutating func remove(block: UInt64, nodes: UInt64) {
        guard isTrusted else { return }
        Self.forEachNode(above: block, nodes) { node in
            if let count = counts.removeValue(forKey: node), count > 1 { counts[node] = count - 1 }
        }
    }

    /// Relies on nothing from now on.
    mutating func distrust() {
        isTrusted = false
        counts = IndexTable()
    }

    /// The leaf, and both children of each node that the path passes.
    private static func forEachNode(above block: UInt64, _ nodes: UInt64, _ body: (UInt64) -> Void) {
        guard nodes > 0 else { return }
        var index = FlatTree.leaf(ofBlock: block)
        body(index)
        for level in 0..<nodes {
            body(FlatTree.sibling(of: index))
            index = FlatTree.parent(of: index)
            // Where the path ends, the node is known already.
            if level + 1 < nodes { body(index) }
        }
    }
}
