import MerkleTree

/// A subtree of which no node was stored when it was last looked at.
///
/// Above a stored node all nodes are stored, so that under a missing one there is none. A path that was walked up to the
/// first known node has thus shown how much of the tree around it is missing, which the next requests of a run need not
/// look up again, each on its own path. What is stored in the subtree after that is found among the nodes under way or
/// the nodes of late; what is found nowhere is asked for once more than it had to be.
struct UnknownSubtree {
    private var top: UInt64?

    /// Whether the node is known not to be stored.
    func contains(_ node: UInt64) -> Bool {
        top.map { FlatTree.contains($0, node) } ?? false
    }

    /// Remembers the highest node that was looked up and not found.
    mutating func remember(_ node: UInt64) { top = node }

    mutating func forget() { top = nil }
}
