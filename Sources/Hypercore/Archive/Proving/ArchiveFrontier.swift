import Crypto
import MerkleTree

/// What an archive's chunks so far have proven of the blocks that are still to come: the nodes that together cover
/// exactly those, from left to right. At first these are the roots.
///
/// Below, chunk after chunk is a block or two. `[ ]` is the frontier; a chunk brings the nodes in `( )`:
///
/// ```text
///         at first             after blocks 0 and 1         after block 2
///           [3]                          3                        3
///        ┌───┴───┐                   ┌───┴───┐                ┌───┴───┐
///        1       5                   1     ([5])              1       5
///      ┌─┴─┐   ┌─┴─┐               ┌─┴─┐   ┌─┴─┐            ┌─┴─┐   ┌─┴─┐
///      0   2   4   6               0   2   4   6            0   2   4 ([6])
/// ```
///
/// A walk goes down from the frontier to the blocks of the chunk. A subtree without any of them is not entered, and its
/// root has to be given; everything else is computed, and has to come to the frontier's own nodes. What was given to the
/// right of the chunk takes their place. So both sides know which nodes a chunk brings, nothing is given twice, and the
/// frontier has two nodes a level of the tree at most.
///
/// Every size is certain: a parent that is computed has a child that is, whose hash covers its size.
struct ArchiveFrontier: Equatable {
    /// The nodes, from left to right.
    private(set) var nodes: [TreeNode]
    /// The first block that is still to come.
    private(set) var position: UInt64 = 0
    private let length: UInt64

    /// The frontier before the first chunk of an archive of `tree`.
    init(_ tree: TreeHead) {
        nodes = tree.roots
        length = tree.length
    }
}

// MARK: - Walking

extension ArchiveFrontier {
    /// A walk to some blocks, in the order in which nodes are computed: children before their parent.
    struct Walk {
        enum Step: Hashable {
            /// The next node that is given.
            case given(UInt64)
            /// The leaf of the next block.
            case leaf(UInt64)
            /// The parent of the last two nodes.
            case parent(UInt64)
            /// The last node has to be the frontier's at this position.
            case arrival(Int)
        }

        fileprivate(set) var steps: [Step] = []
        /// How many of the frontier's nodes the walk leaves behind.
        fileprivate(set) var passedCount = 0
        fileprivate var runs: ArraySlice<Range<UInt64>>

        /// The nodes that have to be given, in order.
        var given: [UInt64] {
            steps.compactMap { step in
                guard case .given(let index) = step else { return nil }
                return index
            }
        }
    }

    /// The walk to the blocks of `runs`, which ascend; `nil` where they are not all still to come.
    func walk(to runs: [Range<UInt64>]) -> Walk? {
        guard let first = runs.first, let last = runs.last, first.lowerBound >= position, last.upperBound <= length
        else { return nil }
        var walk = Walk(runs: runs[...])
        for (place, node) in nodes.enumerated() {
            let blocks = FlatTree.blocks(under: node.index)
            if blocks.lowerBound >= last.upperBound { break }
            walk.passedCount += 1
            guard walk.entersBlocks(blocks) else { continue }
            walk.descend(to: node.index)
            walk.steps.append(.arrival(place))
        }
        return walk
    }
}

extension ArchiveFrontier.Walk {
    /// Whether the walk leads into these blocks; asked from left to right.
    fileprivate mutating func entersBlocks(_ blocks: Range<UInt64>) -> Bool {
        while let run = runs.first, run.upperBound <= blocks.lowerBound { runs.removeFirst() }
        return runs.first.map { $0.lowerBound < blocks.upperBound } ?? false
    }

    fileprivate mutating func descend(to index: UInt64) {
        guard entersBlocks(FlatTree.blocks(under: index)) else { return steps.append(.given(index)) }
        guard let children = FlatTree.children(of: index) else { return steps.append(.leaf(index)) }
        descend(to: children.left)
        descend(to: children.right)
        steps.append(.parent(index))
    }
}

// MARK: - Moving on

extension ArchiveFrontier {
    /// What a chunk does not fit to.
    struct Mismatch: Error {
        let message: String
    }

    /// Proves a chunk and moves past it.
    ///
    /// - Returns: all nodes that it proves: those that were given and those that were computed, but for the ones of the
    ///   frontier itself, which were proven before.
    /// - Throws: ``Mismatch``, where the chunk is not what was signed; the frontier is unchanged then.
    mutating func advance(over chunk: ArchiveChunk, hashing: some TreeHashing) throws(Mismatch) -> [TreeNode] {
        guard let walk = walk(to: chunk.runs) else {
            throw Mismatch(message: "the blocks come out of order, or there are none such in a log of \(length)")
        }
        var proof = Proof(of: chunk)
        for step in walk.steps {
            try proof.take(step, frontier: nodes, hashing: hashing)
        }
        guard proof.given.isEmpty else { throw Mismatch(message: "there are more nodes than the proof needs") }
        nodes = proof.opened + nodes.dropFirst(walk.passedCount)
        position = chunk.extent.upperBound
        return proof.proven
    }

    /// Moves past blocks whose nodes are read from a log that has them all, and returns the ones that have to be given.
    ///
    /// - Throws: `TreeError` with `.missingNode`; what the reader throws.
    /// - Precondition: the blocks are still to come.
    mutating func advance(over runs: [Range<UInt64>], reading reader: some NodeReader) throws -> [TreeNode] {
        guard let walk = walk(to: runs), let end = runs.last?.upperBound else {
            preconditionFailure("blocks \(runs) are not past block \(position) of \(length)")
        }
        let given = try walk.given.map { index in
            guard let node = try reader.node(at: index) else {
                throw TreeError(.missingNode(index), "node \(index) is not stored here")
            }
            return node
        }
        nodes = given.filter { FlatTree.blocks(under: $0.index).lowerBound >= end } + nodes.dropFirst(walk.passedCount)
        position = end
        return given
    }
}

/// The nodes of a walk as they are computed out of a chunk.
private struct Proof {
    var given: ArraySlice<ArchivedNode>
    private var blocks: ArraySlice<(index: UInt64, value: ArraySlice<UInt8>)>
    private let end: UInt64
    /// Computed and given nodes whose parents come later.
    private var stack: [TreeNode] = []
    private(set) var proven: [TreeNode] = []
    /// The given nodes to the right of the chunk.
    private(set) var opened: [TreeNode] = []

    init(of chunk: ArchiveChunk) {
        given = chunk.nodes[...]
        blocks = chunk.blocks[...]
        end = chunk.extent.upperBound
    }

    mutating func take(
        _ step: ArchiveFrontier.Walk.Step, frontier: [TreeNode], hashing: some TreeHashing
    ) throws(ArchiveFrontier.Mismatch) {
        switch step {
        case .given(let index):
            guard let next = given.popFirst() else { throw mismatch("node \(index) is missing") }
            let node = TreeNode(index: index, size: next.size, hash: next.hash)
            if FlatTree.blocks(under: index).lowerBound >= end { opened.append(node) }
            stack.append(node)
        case .leaf(let index):
            guard let block = blocks.popFirst() else { throw mismatch("block \(index / 2) is missing") }
            let hash = block.value.withUnsafeBytes { hashing.leaf($0.bytes) }
            stack.append(TreeNode(index: index, size: UInt64(block.value.count), hash: hash))
        case .parent(let index):
            guard let right = stack.popLast(), let left = stack.popLast(),
                let parent = hashing.parent(index: index, left, right), parent.size <= FlatTree.maximumByteLength
            else { throw mismatch("the blocks below node \(index) are more bytes than a log can have") }
            proven.append(left)
            proven.append(right)
            stack.append(parent)
        case .arrival(let place):
            guard stack.popLast() == frontier[place] else {
                throw mismatch("its blocks and nodes do not lead to node \(frontier[place].index) of the signed tree")
            }
        }
    }

    private func mismatch(_ message: String) -> ArchiveFrontier.Mismatch {
        ArchiveFrontier.Mismatch(message: message)
    }
}
