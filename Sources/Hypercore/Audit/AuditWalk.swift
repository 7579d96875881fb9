import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine

/// One step of an audit: a walk down from the roots of the stored head, in one snapshot, from a block on and for as long
/// as its bounds allow.
///
/// ```text
/// roots ──▶ are the children of this hash? ──yes──▶ go on with both
///                    │ no
///                    ├─ nothing is here below ───▶ nothing to prove
///                    ├─ they can be made out ────▶ to be stored; go on with both
///                    └─ they cannot ─────────────▶ all below is to be dropped
/// ```
///
/// It ends between two subtrees, before the right one of a pair. So each node is reached for the first time in one step
/// only, the one that its first block lies in, and is counted there.
struct AuditWalk {
    /// How many nodes and blocks a step checks, and about how many bytes of blocks it hashes.
    private static let nodeLimit: UInt64 = 4096
    private static let byteLimit: UInt64 = 16 << 20
    let core: Core
    let head: HeadRecord
    let start: UInt64
    private let end: UInt64
    private let verdicts: [UInt64: AuditVerdict]
    private let rebuild: TreeRebuild
    var presence: AuditPresence
    var step: AuditStep
    var nodeCount: UInt64 = 0
    var byteCount: UInt64 = 0

    /// Makes one step. It reads for a while, so not on a thread that tasks run on.
    static func step(_ request: AuditRequest) throws -> AuditStep {
        try request.core.registry.directory.engine.read { _ in
            var walk = try AuditWalk(request)
            try walk.run()
            return walk.step
        }
    }

    private init(_ request: AuditRequest) throws {
        core = request.core
        let head = try request.snapshot ?? request.core.stored.head()
        self.head = head
        start = request.start
        end = request.end ?? head.length
        verdicts = request.verdicts.filter { $0.value.spans == head.spans }
        rebuild = TreeRebuild(core: core, spans: head.spans)
        presence = try AuditPresence(core.stored, head: head, isSnapshot: request.snapshot != nil)
        step = AuditStep(head: head, next: head.length, repair: AuditRepair(spans: head.spans))
    }

    private mutating func run() throws {
        step.signatureFailure = core.signatureFailure(of: head)
        if let failure = step.signatureFailure { step.damage.append(.signature(failure)) }
        _ = try walkRoots()
        step.repair.pages = presence.broken
        step.repair.reach(to: min(step.next, head.length))
    }

    private mutating func walkRoots() throws -> Bool {
        for root in head.tree.roots {
            let blocks = FlatTree.blocks(under: root.index)
            guard blocks.upperBound > start else { continue }
            if ends(before: blocks.lowerBound) { return false }
            if blocks.lowerBound >= start, try stored(root.index) != root { replace(root, isLost: true) }
            guard try visit(root) else { return false }
        }
        return true
    }

    /// Whether the step is to end before a subtree whose first block is `block`, which then is the next one's.
    private mutating func ends(before block: UInt64) -> Bool {
        guard block > start,
            block >= end || nodeCount >= Self.nodeLimit || byteCount >= Self.byteLimit
        else { return false }
        step.next = block
        return true
    }
}

// MARK: - Nodes

extension AuditWalk {
    /// Checks what is below a node that is proven.
    ///
    /// - Returns: whether the step goes on.
    private mutating func visit(_ node: TreeNode) throws -> Bool {
        let blocks = FlatTree.blocks(under: node.index)
        guard blocks.upperBound > start else { return true }
        let isFirst = blocks.lowerBound >= start
        if isFirst {
            step.checked.nodes += 1
            nodeCount += 1
        }
        guard let (left, right) = FlatTree.children(of: node.index) else {
            try check(blocks.lowerBound, against: node)
            return true
        }
        switch try children(of: node, left, right, isFirst: isFirst) {
        case .proven(let pair):
            guard try visit(pair.left) else { return false }
            if ends(before: FlatTree.blocks(under: right).lowerBound) { return false }
            return try visit(pair.right)
        case .nothing:
            return true
        case .unproven:
            return try drop(below: node)
        case .undecided:
            step.undecided = node
            return false
        }
    }

    private enum Children {
        case proven(NodePair)
        /// None are stored, and nothing that they would prove.
        case nothing
        /// They are damaged or missing, and cannot be made out.
        case unproven
        case undecided
    }

    private mutating func children(
        of node: TreeNode, _ left: UInt64, _ right: UInt64, isFirst: Bool
    ) throws -> Children {
        let stored = (left: try stored(left), right: try stored(right))
        if let left = stored.left, let right = stored.right,
            core.hashing.parent(index: node.index, left, right) == node
        {
            return .proven(NodePair(left: left, right: right))
        }
        if stored.left == nil, stored.right == nil, try isVacant(below: node) { return .nothing }
        let found: NodePair?
        if let verdict = verdicts[node.index] {
            found = verdict.pair
        } else if let pair = try rebuild.shallowPair(under: node) {
            found = pair
        } else if FlatTree.depth(of: node.index) <= TreeRebuild.snapshotDepth {
            found = try rebuild.deepPair(under: node)
        } else {
            return .undecided
        }
        guard let found else {
            if isFirst { lose([stored.left, stored.right].compactMap { $0 }, below: node) }
            return .unproven
        }
        if found.left != stored.left { replace(found.left, isLost: isFirst) }
        if found.right != stored.right { replace(found.right, isLost: isFirst) }
        return .proven(found)
    }

    /// A node as it is stored.
    private mutating func stored(_ index: UInt64) throws -> TreeNode? {
        if case .some(.some(let replacement)) = step.repair.nodes[index] { return replacement }
        let group = try core.stored.nodeGroup(at: StoredNodeGroup.leaf(of: index), spans: head.spans)
        if !group.isIntact {
            step.repair.brokenGroups.insert(group.leaf)
            step.repair.reach(to: group.leaf + 1)
        }
        return group[index]
    }

    /// Notes that a node is stored wrongly or not at all, and what it is.
    private mutating func replace(_ node: TreeNode, isLost: Bool) {
        step.repair.nodes[node.index] = node
        step.repair.reach(to: FlatTree.blocks(under: node.index).upperBound)
        guard isLost else { return }
        step.damage.append(.node(node.index))
        step.damaged.nodes += 1
        step.rebuilt.nodes += 1
    }

    /// Notes that the children of a node are damaged and lost.
    private mutating func lose(_ children: [TreeNode], below node: TreeNode) {
        let lost = children.isEmpty ? [node.index] : children.map(\.index)
        step.damage += lost.map { .node($0) }
        step.damaged.nodes += UInt64(lost.count)
        step.dropped.nodes += UInt64(children.count)
    }

    /// Whether nothing is stored below a node, and nothing is said to be.
    private mutating func isVacant(below node: TreeNode) throws -> Bool {
        let blocks = FlatTree.blocks(under: node.index)
        let last = blocks.upperBound - 1
        guard try presence.firstClaimed(in: blocks) == nil,
            try core.stored.firstBlock(in: blocks, spans: head.spans) == nil,
            try core.stored.firstNodeGroup(in: blocks.lowerBound..<last, spans: head.spans) == nil
        else { return false }
        // The nodes above it may end at the same leaf.
        let group = try core.stored.nodeGroup(at: last, spans: head.spans)
        let depth = FlatTree.depth(of: node.index)
        return !group.nodes.contains { FlatTree.depth(of: $0.index) < depth }
    }
}
