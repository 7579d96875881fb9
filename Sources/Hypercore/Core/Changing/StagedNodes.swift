import Crypto
import HypercoreStorage
import MerkleTree

/// The tree nodes of changes that are queued and not yet stored, one entry a change, oldest first.
///
/// Appends need none of them, because the staged head carries its roots. A truncation does: the roots of a shorter tree
/// may lie in what is still under way.
struct StagedNodes: Sendable {
    private struct Entry {
        var nodes: [TreeNode]
        /// Nodes that end past this block were cut off meanwhile.
        var length: UInt64 = .max
    }

    private var entries: [Entry] = []
    private var finished = 0

    /// How many changes are under way.
    var count: Int { entries.count - finished }

    mutating func push(_ nodes: [TreeNode]) {
        entries.append(Entry(nodes: nodes))
    }

    /// The oldest change has ended.
    mutating func popFirst() {
        precondition(finished < entries.count, "a change ended that was not under way")
        entries[finished].nodes = []
        finished += 1
        // In steps, so that a long queue does not move with every change that ends.
        if finished * 2 >= entries.count {
            entries.removeFirst(finished)
            finished = 0
        }
    }

    /// The log was cut at `length` by a change that is staged after all of these.
    mutating func cut(at length: UInt64) {
        for index in entries.indices { entries[index].length = min(entries[index].length, length) }
    }

    /// All changes under way will come to nothing.
    mutating func invalidate() {
        for index in entries.indices { entries[index].nodes = [] }
    }

    /// Whether a change under way stores nodes that end at one of these leaves.
    func reach(_ leaves: Set<UInt64>) -> Bool {
        !leaves.isEmpty
            && entries.contains { entry in
                entry.nodes.contains { leaves.contains(FlatTree.blocks(under: $0.index).upperBound - 1) }
            }
    }

    /// The newest valid node at `index`.
    func node(at index: UInt64) -> TreeNode? {
        let end = FlatTree.blocks(under: index).upperBound
        for entry in entries.reversed() where end <= entry.length {
            if let node = entry.nodes.first(where: { $0.index == index }) { return node }
        }
        return nil
    }
}

/// A log's nodes with those of queued changes.
struct StagedTree: NodeReader, Sendable {
    let staged: StagedNodes
    let stored: StoredTree

    func node(at index: UInt64) throws -> TreeNode? {
        if let node = staged.node(at: index) { return node }
        return try stored.node(at: index)
    }
}
