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
    /// The user's data, by key; `nil` removes it.
    private(set) var userData: [[UInt8]: [UInt8]?] = [:]

    init(on base: HeadRecord) {
        self.base = base
        head = base
    }

    /// Whether there is anything to write.
    var changesAnything: Bool { movesHead || !presence.isEmpty || !userData.isEmpty }

    /// Whether the head has moved, so that it has to be signed.
    var movesHead: Bool { head.length != base.length || head.fork != base.fork }
}

// MARK: - Operations

extension CoreDraft {
    /// Appends blocks; their leaves were hashed before.
    mutating func append(_ leaves: Leaves, hashing: some TreeHashing) throws {
        let start = head.length
        let added = try head.tree.append(leaves.hashed, hashing: hashing)
        if nodes.isEmpty { nodes = added } else { nodes += added }
        runs.append(Run(start: start, blocks: leaves.blocks))
        presence.append(.add(start..<head.length))
        head.signature = []
    }

    /// Cuts the log, and begins a new fork.
    ///
    /// - Parameter reader: the nodes of the log below the draft.
    mutating func truncate(to length: UInt64, fork: UInt64, reading reader: some NodeReader) throws {
        head.tree = try head.tree.truncated(
            to: length, fork: fork, reading: DraftedNodes(drafted: nodes, below: reader))
        head.spans.truncate(to: length)
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
    func compose(into write: inout CoreWrite) {
        write.abandonWhatIsDropped(from: base.spans, length: base.length, to: head.spans)
        for run in runs {
            for (offset, block) in run.blocks.enumerated() {
                write.put(block[...], at: run.start + UInt64(offset), spans: head.spans)
            }
        }
        write.putNew(nodes, spans: head.spans)
        for range in cleared { write.deleteBlocks(range, spans: head.spans) }
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
