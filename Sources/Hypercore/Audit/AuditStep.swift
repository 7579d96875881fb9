import Crypto
import HypercoreStorage
import MerkleTree

/// What one step of an audit is to check.
struct AuditRequest: Sendable {
    let core: Core
    /// The head of the snapshot that is audited; `nil` for the log itself.
    let snapshot: HeadRecord?
    /// The first block to check.
    let start: UInt64
    /// The first block not to check; `nil` where the step is the first, and the log's length is not known.
    let end: UInt64?
    let verdicts: [UInt64: AuditVerdict]
}

/// What one step of an audit has found.
struct AuditStep: Sendable {
    /// The head that everything was checked against.
    let head: HeadRecord
    /// Where the next step begins.
    var next: UInt64
    var signatureFailure: String?
    var checked = AuditReport.Counts()
    var damaged = AuditReport.Counts()
    var dropped = AuditReport.Counts()
    var rebuilt = AuditReport.Counts()
    var damage: [AuditDamage] = []
    var repair: AuditRepair
    /// A node whose children can only be rebuilt, if at all, with more reads than a step makes.
    var undecided: TreeNode?
}

/// What became of a node whose children were damaged, and lie above many blocks.
struct AuditVerdict: Sendable {
    /// By what it was found; it says nothing about a log that was cut since.
    let spans: Spans
    /// The children, if they could be rebuilt.
    let pair: NodePair?
}

/// The two children of a node.
struct NodePair: Sendable {
    let left: TreeNode
    let right: TreeNode
}

/// What a step of an audit wants changed.
struct AuditRepair: Sendable {
    /// Where the blocks lay when it was made out; and how many of them it concerns.
    let spans: Spans
    var length: UInt64 = 0
    /// Nodes to be stored in place of what is there; `nil` removes one.
    var nodes: [UInt64: TreeNode?] = [:]
    /// Leaves, as block indices, whose record does not decode to its end.
    var brokenGroups: Set<UInt64> = []
    /// Leaves under which no nodes stay.
    var droppedGroups: [Range<UInt64>] = []
    /// Blocks that are not here, or no longer.
    var droppedBlocks: [Range<UInt64>] = []
    /// Blocks that are here.
    var foundBlocks: [Range<UInt64>] = []
    /// Pages that do not decode, with the blocks that are here.
    var pages: [UInt64: [Range<UInt64>]] = [:]

    init(spans: Spans) {
        self.spans = spans
    }

    var isEmpty: Bool {
        nodes.isEmpty && brokenGroups.isEmpty && droppedGroups.isEmpty && droppedBlocks.isEmpty && foundBlocks.isEmpty
            && pages.isEmpty
    }

    /// Notes that it concerns blocks below `end`.
    mutating func reach(to end: UInt64) {
        length = max(length, end)
    }

    /// Whether a node that ends at `leaf` is changed.
    func changesGroup(at leaf: UInt64) -> Bool {
        nodes.keys.contains { StoredNodeGroup.leaf(of: $0) == leaf }
    }

    /// The leaves whose records are written anew.
    var rewrittenLeaves: Set<UInt64> {
        brokenGroups.union(nodes.keys.map { StoredNodeGroup.leaf(of: $0) })
            .filter { leaf in !droppedGroups.contains { $0.contains(leaf) } }
    }

    /// About what its write set weighs.
    var byteCount: Int {
        4096 + 256 * (nodes.count + brokenGroups.count + droppedGroups.count)
            + 8448 * (droppedBlocks.count + foundBlocks.count + 2 * pages.count)
    }
}

extension [Range<UInt64>] {
    /// Adds a block at or past the end of the last range.
    mutating func append(block: UInt64) {
        if let last, last.upperBound == block {
            self[count - 1] = last.lowerBound..<block + 1
        } else {
            append(block..<block + 1)
        }
    }
}
