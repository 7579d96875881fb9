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
        /// The number of its first block, of all that were ever added.
        var start = 0
        var blocks: [VerifiedBatch.Block] = []
        var head: SignedHead?
        var manifest: CoreManifest?
        var byteCount = 0
    }

    /// Apart from the rest so that a reader can hold them cheaply.
    private(set) var nodes: UnstoredNodes
    private var gathering = Layer()
    private var committing = Layer()
    /// By index, the number of each block among all that were ever added.
    private var numbers = IndexTable<Int>()
    /// The batch that was handed out and whose fate is not known. It outlives what it held, if that is forgotten.
    private var outstanding: CommitID?

    init(recentNodes: Int) {
        nodes = UnstoredNodes(recentLimit: recentNodes)
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
        guard let number = numbers[block] else { return nil }
        return number >= gathering.start
            ? gathering.blocks[number - gathering.start].value : committing.blocks[number - committing.start].value
    }
}

// MARK: - Growing

extension Overlay {
    /// Adds what a proof has proven. A block that is in the overlay already is the same.
    mutating func add(_ proof: VerifiedProof) {
        for node in proof.nodes { add(node) }
        if let upgrade = proof.upgrade { setHead(SignedHead(tree: upgrade.head, signature: upgrade.signature)) }
        if let block = proof.block {
            let number = gathering.start + gathering.blocks.count
            if let known = numbers.updateValue(number, forKey: block.index) { return numbers[block.index] = known }
            gathering.blocks.append(VerifiedBatch.Block(index: block.index, value: block.value))
            gathering.byteCount += block.value.count + Self.nodeByteCount
        }
    }

    mutating func add(_ manifest: CoreManifest) {
        gathering.manifest = manifest
    }

    /// Adds a head that was verified from block 0 on, for a log that is empty.
    mutating func add(_ head: SignedHead) {
        for root in head.tree.roots { add(root) }
        setHead(head)
    }

    private mutating func setHead(_ head: SignedHead) {
        gathering.head = head
        gathering.byteCount += Self.nodeByteCount
    }

    private mutating func add(_ node: TreeNode) {
        if nodes.add(node) { gathering.byteCount += Self.nodeByteCount }
    }

    /// Keeps a node that was read from the store, and is mostly needed again soon.
    mutating func remember(_ node: TreeNode) {
        nodes.remember(node)
    }

    /// Keeps no nodes that are stored, and no room where there is nothing.
    mutating func forgetRecent() {
        if holdsAnything { nodes.forgetRecent() } else { self = Overlay(recentNodes: nodes.limit) }
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
        gathering = layer(after: committing)
        // The next will mostly be as large.
        gathering.blocks.reserveCapacity(committing.blocks.count)
        return VerifiedBatch(
            fork: stored.fork, baseLength: stored.length,
            nodes: nodes.commitGathered(), blocks: committing.blocks,
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
        for block in stored.blocks { numbers[block.index] = nil }
        nodes.committed()
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
        for block in blocks { numbers[block] = nil }
        gathering = layer(after: gathering)
        nodes.forgetGathered()
        return blocks
    }

    /// Forgets everything that is not stored, and returns its blocks. A batch that is out stays out.
    mutating func removeAll() -> [UInt64] {
        let blocks = (committing.blocks + gathering.blocks).map(\.index)
        let outstanding = outstanding
        self = Overlay(recentNodes: nodes.limit)
        self.outstanding = outstanding
        return blocks
    }

    /// An empty layer on top of another.
    private func layer(after layer: Layer) -> Layer {
        Layer(start: layer.start + layer.blocks.count)
    }
}
