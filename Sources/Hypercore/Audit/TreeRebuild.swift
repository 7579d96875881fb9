import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine

/// Makes out the children of a node whose hash is trusted, where those that are stored are not its children.
///
/// Nothing that it finds needs to be believed: what does not lead to the node's hash is not taken.
struct TreeRebuild {
    /// How deep a subtree is read in one snapshot: one of 1,024 blocks.
    static let snapshotDepth = 10

    let core: Core
    let spans: Spans
    /// Ends a long rebuild early; `nil` for those that are short.
    private let stop: StopFlag?
    private let memo = Memo()

    init(core: Core, spans: Spans, stop: StopFlag? = nil) {
        self.core = core
        self.spans = spans
        self.stop = stop
    }

    /// Some of the nodes that were rebuilt: where a whole subtree is lost, those of each level are asked for again on the
    /// way down to the next.
    private final class Memo {
        private static let limit = 4096
        private var nodes: [UInt64: TreeNode?] = [:]

        subscript(index: UInt64) -> TreeNode?? {
            get { nodes[index] }
            set {
                if nodes.count >= Self.limit { nodes.removeAll(keepingCapacity: true) }
                nodes[index] = newValue
            }
        }
    }

    /// The children of `node` out of what lies one level deeper, if that is enough.
    func shallowPair(under node: TreeNode) throws -> NodePair? {
        try pair(under: node) { index in try [stored(index), joined(index)] }
    }

    /// The children of `node` out of everything that lies below it.
    func deepPair(under node: TreeNode) throws -> NodePair? {
        try pair(under: node) { index in try [stored(index), joined(index), rebuilt(index)] }
    }

    private func pair(under node: TreeNode, _ candidates: (UInt64) throws -> [TreeNode?]) throws -> NodePair? {
        guard let (left, right) = FlatTree.children(of: node.index) else { return nil }
        let rights = try candidates(right).compactMap { $0 }
        for left in try candidates(left).compactMap({ $0 }) {
            for right in rights where core.hashing.parent(index: node.index, left, right) == node {
                return NodePair(left: left, right: right)
            }
        }
        return nil
    }
}

// MARK: - Candidates

extension TreeRebuild {
    private func stored(_ index: UInt64) throws -> TreeNode? {
        try core.stored.nodeGroup(at: StoredNodeGroup.leaf(of: index), spans: spans)[index]
    }

    /// The node as its stored children make it.
    private func joined(_ index: UInt64) throws -> TreeNode? {
        guard let (left, right) = FlatTree.children(of: index) else { return try hashed(index) }
        guard let left = try stored(left), let right = try stored(right) else { return nil }
        return core.hashing.parent(index: index, left, right)
    }

    /// The node as what is below it makes it. Nodes that agree with their children are taken as they are, so that only
    /// the damaged parts are read down to the blocks.
    private func rebuilt(_ index: UInt64) throws -> TreeNode? {
        try stop?.check()
        if let known = memo[index] { return known }
        let node =
            FlatTree.depth(of: index) > Self.snapshotDepth
            ? try rebuiltHere(index) : try core.registry.directory.engine.read { _ in try rebuiltHere(index) }
        memo[index] = .some(node)
        return node
    }

    private func rebuiltHere(_ index: UInt64) throws -> TreeNode? {
        guard let (left, right) = FlatTree.children(of: index) else { return try hashed(index) ?? stored(index) }
        let own = try stored(index)
        if let own, try joined(index) == own { return own }
        guard try hasRecords(under: index) else { return own }
        guard let left = try rebuilt(left), let right = try rebuilt(right) else { return own }
        return core.hashing.parent(index: index, left, right)
    }

    /// The leaf as its block makes it, if that is stored and can be read.
    private func hashed(_ index: UInt64) throws -> TreeNode? {
        do {
            return try core.stored.withBlock(FlatTree.blocks(under: index).lowerBound, spans: spans) { block in
                TreeNode(index: index, size: UInt64(block.byteCount), hash: core.hashing.leaf(block))
            }
        } catch let error as StorageRecordError where error.code == .damaged {
            return nil
        }
    }

    /// Whether anything is stored that could help: a long stretch of a sparse log is not walked block by block.
    private func hasRecords(under index: UInt64) throws -> Bool {
        let blocks = FlatTree.blocks(under: index)
        return try core.stored.firstNodeGroup(in: blocks, spans: spans) != nil
            || core.stored.firstBlock(in: blocks, spans: spans) != nil
    }
}
