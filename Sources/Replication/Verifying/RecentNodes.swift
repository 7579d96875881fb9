import Crypto
import MerkleTree

/// Nodes that were stored or read of late, and no more than twice `limit` of them.
///
/// In two halves: once the newer is full it becomes the older, and what was in that is forgotten. That costs nothing a
/// node, and keeps at least the last `limit`.
struct RecentNodes {
    let limit: Int
    private var newer: [UInt64: TreeNode] = [:]
    private var older: [UInt64: TreeNode] = [:]

    init(limit: Int = 0) {
        self.limit = limit
    }

    var count: Int { newer.count + older.count }

    subscript(index: UInt64) -> TreeNode? { newer[index] ?? older[index] }

    mutating func insert(_ node: TreeNode) {
        newer[node.index] = node
        turnIfFull()
    }

    mutating func insert(_ nodes: [UInt64: TreeNode]) {
        // A large batch is a half by itself, as far as that goes.
        guard nodes.count < limit / 2 else {
            older = newer
            newer = nodes.count <= limit ? nodes : [:]
            return
        }
        for node in nodes.values { newer[node.index] = node }
        turnIfFull()
    }

    mutating func removeAll() {
        newer = [:]
        older = [:]
    }

    private mutating func turnIfFull() {
        guard newer.count > limit else { return }
        // The room of the older half is used again.
        swap(&older, &newer)
        newer.removeAll(keepingCapacity: true)
    }
}
