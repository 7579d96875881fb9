import Crypto
import MerkleTree

/// Nodes that were stored or read of late, and no more than twice `limit` of them.
///
/// In two halves: once the newer is full it becomes the older, and what was in that is forgotten. That costs nothing a
/// node, and keeps at least the last `limit`.
struct RecentNodes {
    let limit: Int
    private var newer = IndexTable<TreeNode>()
    private var older = IndexTable<TreeNode>()

    init(limit: Int = 0) {
        self.limit = limit
    }

    var count: Int { newer.count + older.count }

    subscript(index: UInt64) -> TreeNode? { newer[index] ?? older[index] }

    mutating func insert(_ node: TreeNode) {
        newer[node.index] = node
        turnIfFull()
    }

    /// Takes over the nodes of a batch, and leaves an empty table.
    mutating func takeAll(of nodes: inout IndexTable<TreeNode>) {
        if nodes.count < limit / 2 {
            nodes.forEachValue { newer[$0.index] = $0 }
            turnIfFull()
        } else {
            // A large batch is a half by itself, as far as that goes.
            older = IndexTable()
            swap(&older, &newer)
            if nodes.count <= limit { swap(&newer, &nodes) }
        }
        nodes.removeAll(keepingCapacity: nodes.count <= Self.keptCapacity)
    }

    mutating func removeAll() {
        newer.removeAll()
        older.removeAll()
    }

    /// Up to how many nodes the room that a batch took is kept for the next.
    private static let keptCapacity = 4096

    private mutating func turnIfFull() {
        guard newer.count > limit else { return }
        // The room of the older half is used again.
        swap(&older, &newer)
        newer.removeAll(keepingCapacity: true)
    }
}
