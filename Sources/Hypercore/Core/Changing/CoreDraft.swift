import CompactEncoding
import Crypto
import HypercoreStorage
import MerkleTree

/// A change to a log that is being put together: what the log will be, and what has to be stored for it.
///
/// It begins from a head and takes operations one after the other; each sees what those before it have done. Nothing of
/// it is visible to anybody until it is staged.
struct CoreDraft: Sendable {
    /// Blocks that were appended one after the other.
    struct Run: Sendable {
        let start: UInt64
        var blocks: [[UInt8]]

        var end: UInt64 { start + UInt64(blocks.count) }
    }

    /// The head that the draft was begun from; it must still be the log's last one when the draft is staged.
    let base: HeadRecord
    /// The head that it leads to, without a signature if it has moved.
    private(set) var head: HeadRecord
    /// What was appended and not cut off again, in order.
    private(set) var runs: [Run] = []
    /// The nodes of what was appended and not cut off again, in the order of the leaves that complete them.
    private(set) var nodes: [TreeNode] = []
    /// The lowest length that the log was cut to.
    private(set) var cut: UInt64?
    /// The blocks below the head's length that were cleared.
    private(set) var cleared: [Range<UInt64>] = []
    /// What all of it means for which blocks are here.
    private(set) var presence: [PresenceEdit] = []
    /// Whether it begins a generation, so that the core's counter has to be stored with it.
    private(set) var beginsGeneration = false
    /// The branch whose blocks it has taken over.
    private(set) var adoption: Adoption?
    /// The user's data, by key; `nil` removes it.
    private(set) var userData: [[UInt8]: [UInt8]?] = [:]

    /// The topic of the group that the log is put into.
    private(set) var joinedGroup: Bytes32?
    /// Groups of nodes that are written in place of damaged ones, by their leaf.
    private(set) var groups: [UInt64: [TreeNode]] = [:]
    /// Leaves under which no nodes stay.
    private(set) var droppedGroups: [Range<UInt64>] = []
    /// Blocks that are stored and that nobody was told of.
    private(set) var found: [Range<UInt64>] = []

    init(on base: HeadRecord) {
        self.base = base
        head = base
    }

    /// Whether there is anything to write.
    var changesAnything: Bool { movesHead || !presence.isEmpty || !userData.isEmpty || joinedGroup != nil }

    /// Whether damaged nodes are replaced or dropped.
    var repairsTree: Bool { !groups.isEmpty || !droppedGroups.isEmpty }

    /// Whether the head has moved, so that it has to be signed.
    var movesHead: Bool { head.length != base.length || head.fork != base.fork }
}

// MARK: - Operations

extension CoreDraft {
    /// Appends blocks; their leaves were hashed before.
    mutating func append(_ leaves: Leaves, hashing: some TreeHashing) throws {
        let start = head.length
        try head.tree.append(leaves.hashed, hashing: hashing, into: &nodes)
        head.signature = []
        // What several callers have appended is one run as much as a batch is.
        if let last = runs.indices.last, runs[last].end == start {
            runs[last].blocks += leaves.blocks
        } else {
            runs.append(Run(start: start, blocks: leaves.blocks))
        }
        if case .add(let range) = presence.last, range.upperBound == start {
            presence[presence.count - 1] = .add(range.lowerBound..<head.length)
        } else {
            presence.append(.add(start..<head.length))
        }
    }

    /// Cuts the log, and begins a new fork.
    ///
    /// - Parameters:
    ///   - generation: one that nobody has used, for what is appended from there on.
    ///   - reader: the nodes of the log below the draft.
    mutating func truncate(
        to length: UInt64, fork: UInt64, beginning generation: Generation, reading reader: some NodeReader & Sendable
    ) throws {
        head.tree = try head.tree.truncated(
            to: length, fork: fork, reading: DraftedNodes(drafted: nodes, below: reader))
        head.spans.truncate(to: length, beginning: generation)
        beginsGeneration = true
        head.signature = []
        cut = min(cut ?? length, length)
        nodes.removeAll { FlatTree.blocks(under: $0.index).upperBound > length }
        runs = runs.compactMap { run in
            guard run.start < length else { return nil }
            var kept = run
            kept.blocks.removeLast(Int(run.end - min(run.end, length)))
            return kept
        }
        cleared = cleared.map { $0.clamped(to: 0..<length) }.filter { !$0.isEmpty }
        presence.append(.truncate(length))
    }

    /// Makes the log what a branch has made of it. The blocks are stored already.
    mutating func adopt(_ adoption: Adoption) {
        precondition(head == base, "a branch is adopted by a draft that has changed the log already")
        (head.tree, head.spans, head.signature) = (adoption.tree, adoption.spans, [])
        if adoption.replacesBlocks { cut = adoption.keptLength }
        if adoption.keptLength < base.length { presence.append(.truncate(adoption.keptLength)) }
        presence += adoption.storedBlocks.map(PresenceEdit.add)
        beginsGeneration = true
        self.adoption = adoption
    }

    /// Where the nodes are kept of what the draft has not appended.
    var storedSpans: Spans { adoption?.spans ?? base.spans }

    /// Forgets the content of blocks; what lies past the end of the log is no part of it.
    mutating func clear(_ range: Range<UInt64>) {
        let range = range.clamped(to: 0..<head.length)
        guard !range.isEmpty else { return }
        cleared.append(range)
        presence.append(.clear(range))
    }

    mutating func set(userData value: [UInt8]?, for key: [UInt8]) {
        userData[key] = .some(value)
    }

    mutating func join(_ topic: Bytes32) {
        joinedGroup = topic
    }

    /// Makes the repair of a step of an audit.
    ///
    /// - Parameter groups: the groups of nodes that it writes anew, by their leaf.
    mutating func repair(_ repair: AuditRepair, groups: [UInt64: [TreeNode]]) {
        for (page, here) in repair.pages { presence.append(.rebuild(page: page, here: here)) }
        for range in repair.droppedBlocks { clear(range) }
        for range in repair.foundBlocks { presence.append(.add(range)) }
        found += repair.foundBlocks
        self.groups = groups
        droppedGroups = repair.droppedGroups
    }
}

// MARK: - What it holds

extension CoreDraft {
    /// What the draft makes of a block.
    enum Block {
        /// It was appended by the draft.
        case appended([UInt8])
        /// It is not here, or no longer.
        case missing
        /// The draft has not touched it.
        case untouched
    }

    /// What the draft makes of block `index`.
    func block(_ index: UInt64) -> Block {
        guard index < head.length, !cleared.contains(where: { $0.contains(index) }) else { return .missing }
        if let run = runs.last(where: { $0.start <= index && index < $0.end }) {
            return .appended(run.blocks[Int(index - run.start)])
        }
        return .untouched
    }

    /// Puts everything into a write set but for the head and which blocks are here.
    ///
    /// - Parameters:
    ///   - generations: what gave the draft its generations.
    ///   - other: another head of the core, whose blocks the draft does not leave behind as garbage.
    func compose(into write: inout CoreWrite, _ generations: GenerationCounter, keptBy other: HeadRecord? = nil) {
        write.abandonWhatIsDropped(from: base.spans, length: base.length, to: head.spans, keptBy: other)
        if let adoption { write.expect(branch: adoption.branch, adoption.branchHead) }
        if beginsGeneration, let next = generations.record { write.put(nextGeneration: next) }
        write.reserve(
            blocks: runs.reduce(0) { $0 + $1.blocks.count },
            byteCount: runs.reduce(0) { $1.blocks.reduce($0) { $0 + $1.count } }, nodes: nodes.count)
        for run in runs {
            for (offset, block) in run.blocks.enumerated() {
                write.put(block[...], at: run.start + UInt64(offset), spans: head.spans)
            }
        }
        write.putNew(nodes, spans: head.spans)
        for range in cleared { write.deleteBlocks(range, spans: head.spans) }
        for range in droppedGroups { write.deleteGroups(range, spans: head.spans) }
        for (leaf, nodes) in groups { write.replaceGroup(at: leaf, with: nodes, spans: head.spans) }
        for (key, value) in userData { write.put(userData: value, for: key) }
    }
}

/// The nodes of a draft, and those of the log below it.
struct DraftedNodes<Below: NodeReader>: NodeReader {
    let drafted: [TreeNode]
    let below: Below

    func node(at index: UInt64) throws -> TreeNode? {
        if let node = drafted.first(where: { $0.index == index }) { return node }
        return try below.node(at: index)
    }
}

extension DraftedNodes: Sendable where Below: Sendable {}
