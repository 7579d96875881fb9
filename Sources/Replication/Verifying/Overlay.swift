import Crypto
import Manifest
import MerkleTree

/// What is verified and not yet stored.
///
/// Two layers: the batch that was handed out to be stored, and on top of it the one that is being gathered. Proofs are
/// verified against both over the stored log, so that verification does not wait for the disk. If storing fails, both
/// go: the upper one may rest on the lower.
struct Overlay {
    /// One batch in the making; its nodes are in ``Overlay/nodes``.
    struct Layer {
        var blocks: [VerifiedBatch.Block] = []
        /// Where each block is in `blocks`.
        var positions = IndexTable<Int>()
        var head: SignedHead?
        var manifest: CoreManifest?
        var byteCount = 0
    }

    private(set) var nodes = UnstoredNodes()
    private var gathering = Layer()
    private var committing = Layer()
    /// The batch that was handed out and whose fate is not known. It outlives what it held, if that is forgotten.
    private var outstanding: CommitID?

    init(recentNodes: Int) {
        nodes.recent = RecentNodes(limit: recentNodes)
    }

    /// Bytes that are verified and not yet stored.
    var byteCount: Int { gathering.byteCount + committing.byteCount }

    /// Whether anything is verified and not yet stored.
    var holdsAnything: Bool { isOutstanding || byteCount > 0 || manifest != nil }

    /// Whether something was handed out whose fate is not known.
    var isOutstanding: Bool { outstanding != nil }

    /// The head over everything that is verified; `nil` where it is the stored one.
    var head: SignedHead? { gathering.head ?? committing.head }

    var manifest: CoreManifest? { gathering.manifest ?? committing.manifest }

    func value(of block: UInt64) -> ArraySlice<UInt8>? {
        if let position = gathering.positions[block] { return gathering.blocks[position].value }
        return committing.positions[block].map { committing.blocks[$0].value }
    }
}

/// The nodes of an ``Overlay``, apart from the rest so that a reader can hold them cheaply.
struct UnstoredNodes {
    fileprivate(set) var gathering = IndexTable<TreeNode>()
    fileprivate(set) var committing = IndexTable<TreeNode>()
    /// Nodes that were stored or read lately. The next requests and proofs mostly need these, and finding them here saves
    /// reading them back.
    fileprivate(set) var recent = RecentNodes()

    func node(at index: UInt64) -> TreeNode? {
        gathering[index] ?? committing[index] ?? recent[index]
    }
}

// MARK: - Growing

extension Overlay {
    /// Adds what a proof has proven. A block that is in the overlay already is the same.
    mutating func add(_ proof: VerifiedProof) {
        for node in proof.nodes {
            nodes.gathering[node.index] = node
        }
        gathering.byteCount += proof.nodes.count * Self.nodeByteCount
        if let upgrade = proof.upgrade {
            gathering.head = SignedHead(tree: upgrade.head, signature: upgrade.signature)
        }
        if let block = proof.block, value(of: block.index) == nil {
            gathering.positions[block.index] = gathering.blocks.count
            gathering.blocks.append(VerifiedBatch.Block(index: block.index, value: block.value))
            gathering.byteCount += block.value.count + Self.nodeByteCount
        }
    }

    mutating func add(_ manifest: CoreManifest) {
        gathering.manifest = manifest
    }

    /// Adds a head that was verified from block 0 on, for a log that is empty.
    mutating func add(_ head: SignedHead) {
        for root in head.tree.roots {
            nodes.gathering[root.index] = root
        }
        gathering.byteCount += head.tree.roots.count * Self.nodeByteCount
        gathering.head = head
    }

    /// Keeps a node that was read from the store, and is mostly needed again soon.
    mutating func remember(_ node: TreeNode) {
        nodes.recent.insert(node)
    }

    /// Keeps fewer nodes that are stored.
    mutating func forgetRecent() {
        nodes.recent.removeAll()
    }

    /// About what a node or an empty block takes in memory.
    private static let nodeByteCount = 64
}

// MARK: - Being stored

extension Overlay {
    /// Hands out what was gathered; `nil` if there is nothing, or if a batch is out already.
    mutating func takeBatch(_ id: CommitID, over stored: TreeHead) -> VerifiedBatch? {
        guard outstanding == nil, gathering.byteCount > 0 || gathering.manifest != nil else { return nil }
        outstanding = id
        committing = gathering
        gathering = Layer()
        // The one is empty, and has the room that it had before.
        swap(&nodes.committing, &nodes.gathering)
        return VerifiedBatch(
            fork: stored.fork, baseLength: stored.length,
            nodes: nodes.committing.inOrderOfCompletion, blocks: committing.blocks,
            head: committing.head, manifest: committing.manifest)
    }

    /// Lets no batch be handed out while something else is stored in the place of one.
    ///
    /// - Precondition: no batch is out.
    mutating func reserve(_ id: CommitID) {
        precondition(outstanding == nil, "\(id) would be stored beside another batch")
        outstanding = id
    }

    /// Forgets the batch that was stored, and returns what was in it; `nil` where `id` is not the one that is out.
    mutating func commit(_ id: CommitID) -> Layer? {
        guard outstanding == id else { return nil }
        outstanding = nil
        let stored = committing
        committing = Layer()
        nodes.recent.takeAll(of: &nodes.committing)
        return stored
    }

    /// Forgets the batch that could not be stored, and what was gathered on top of it. Returns its blocks.
    mutating func fail(_ id: CommitID) -> [UInt64]? {
        guard outstanding == id else { return nil }
        let blocks = removeAll()
        outstanding = nil
        return blocks
    }

    /// Forgets what is not handed out, and the nodes of late. Returns its blocks.
    mutating func removeGathered() -> [UInt64] {
        let blocks = gathering.blocks.map(\.index)
        gathering = Layer()
        nodes.gathering.removeAll()
        nodes.recent.removeAll()
        return blocks
    }

    /// Forgets everything that is not stored, and returns its blocks. A batch that is out stays out.
    mutating func removeAll() -> [UInt64] {
        let blocks = (committing.blocks + gathering.blocks).map(\.index)
        let outstanding = outstanding
        self = Overlay(recentNodes: nodes.recent.limit)
        self.outstanding = outstanding
        return blocks
    }
}

extension IndexTable<TreeNode> {
    /// The nodes in the order in which appending the blocks one by one would have completed them, in which those that are stored
    /// together follow one another.
    fileprivate var inOrderOfCompletion: [TreeNode] {
        var nodes: [TreeNode] = []
        nodes.reserveCapacity(count)
        forEachValue { nodes.append($0) }
        nodes.sort {
            let (left, right) = (FlatTree.rightmostLeaf(under: $0.index), FlatTree.rightmostLeaf(under: $1.index))
            return left != right ? left < right : FlatTree.depth(of: $0.index) < FlatTree.depth(of: $1.index)
        }
        return nodes
    }
}
