public import Crypto

/// The search for the block at which a longer history and ours part (PROTOCOL §4, Reorg).
///
/// It begins when a peer's tree of a higher fork has been verified from block 0, signature included. As long as there
/// is a question, ask a peer of that fork for one of its blocks' leaves, and hand over the hash part of the answer:
///
/// ```swift
/// var search = try ReorgSearch(for: remoteHead, ownLength: head.length, reading: nodes)
/// while let question = search.question {
///     let answer = ask(question.request(throughBlock: question.blocks.randomElement()!))
///     try search.receive(answer.hash!, reading: nodes)
/// }
/// reorganise(keepingBlocksBelow: search.ancestorLength!, to: remoteHead)
/// ```
///
/// Each answer leads at least one level down the suspect, so there are no more than 52 questions, and commonly one for
/// every run of blocks that differ.
public struct ReorgSearch: Sendable {
    /// The tree that we want to be on.
    public let remote: TreeHead
    /// How many blocks we have on our own fork.
    public let ownLength: UInt64
    /// The nodes of the remote tree that have been proven: its roots, and the paths of the answers.
    public private(set) var nodes: [TreeNode]
    /// The leftmost subtree of the remote tree that is known to differ from ours; `nil` where no root does.
    private var suspect: TreeNode?

    /// What to ask next.
    public struct Question: Hashable, Sendable {
        /// The index of the root of the suspected subtree.
        public let suspect: UInt64
        /// The blocks to choose from: those of the suspected subtree that are below our own length.
        public let blocks: Range<UInt64>

        /// The hash part of the request, which goes out on the new fork.
        ///
        /// - Precondition: `block` is one of the ``blocks``.
        public func request(throughBlock block: UInt64) -> ProofRequest.Node {
            precondition(blocks.contains(block), "block \(block) is not one of \(blocks)")
            return ProofRequest.Node(
                index: FlatTree.leaf(ofBlock: block), nodes: UInt64(FlatTree.depth(of: suspect)))
        }
    }

    /// Begins a search.
    ///
    /// - Parameters:
    ///   - remote: the tree of the higher fork, whose signature was verified.
    ///   - ownLength: how many blocks we have.
    ///   - reader: holds the nodes of our own tree.
    /// - Throws: what the reader throws.
    public init(for remote: TreeHead, ownLength: UInt64, reading reader: some NodeReader & ~Escapable) throws {
        self.remote = remote
        self.ownLength = ownLength
        nodes = remote.roots
        for root in remote.roots where try !isOurs(root, reading: reader) {
            suspect = root
            break
        }
    }

    /// What to ask next; `nil` once the ancestor is found.
    public var question: Question? {
        guard let suspect, !isDecided(suspect) else { return nil }
        let blocks = FlatTree.blocks(under: suspect.index)
        return Question(
            suspect: suspect.index, blocks: blocks.lowerBound..<min(blocks.upperBound, ownLength))
    }

    /// How many blocks the two trees have in common, once that is found: the first block that may differ.
    public var ancestorLength: UInt64? {
        guard let suspect else { return remote.length }
        return isDecided(suspect) ? FlatTree.blocks(under: suspect.index).lowerBound : nil
    }

    /// Takes the answer to a question, and goes as far down as it leads. Where there is no question, it does nothing.
    ///
    /// - Throws: `.invalidOperation` where its path does not lead to the suspect; `.invalidChecksum` where it leads
    ///   to a different node there; what the reader throws. The search is unchanged then.
    public mutating func receive(
        _ answer: Proof.Hash, reading reader: some NodeReader & ~Escapable,
        hashing: some TreeHashing = BLAKE2bTreeHashing()
    ) throws {
        guard let question, let suspect else { return }
        guard let path = try ProvenPath(Proof(hash: answer), hashing: hashing),
            path.root.index == question.suspect, FlatTree.depth(of: answer.index) == 0
        else {
            throw TreeError(
                .invalidOperation, "the path of node \(answer.index) does not lead to node \(question.suspect)")
        }
        guard path.root == suspect else {
            throw TreeError(.invalidChecksum, "node \(suspect.index) differs from the one that was signed")
        }
        self.suspect = try descend(from: suspect, along: path.below, reading: reader)
        nodes += path.below
    }

    /// Follows the leftmost difference down a path until it leaves the path.
    private func descend(
        from suspect: TreeNode, along path: [TreeNode], reading reader: some NodeReader & ~Escapable
    ) throws -> TreeNode {
        var suspect = suspect
        while !isDecided(suspect), let children = FlatTree.children(of: suspect.index),
            let left = path.first(where: { $0.index == children.left }),
            let right = path.first(where: { $0.index == children.right })
        {
            suspect = try isOurs(left, reading: reader) ? right : left
        }
        return suspect
    }

    /// Whether there is nothing more to ask about a differing subtree: it is one block, or we have none of its blocks.
    private func isDecided(_ suspect: TreeNode) -> Bool {
        FlatTree.depth(of: suspect.index) == 0 || FlatTree.blocks(under: suspect.index).lowerBound >= ownLength
    }

    /// Whether our tree has this very node. One that we do not hold counts as different: the search then goes further
    /// left than need be, which costs blocks and never correctness.
    private func isOurs(_ node: TreeNode, reading reader: some NodeReader & ~Escapable) throws -> Bool {
        guard FlatTree.blocks(under: node.index).upperBound <= ownLength else { return false }
        return try reader.node(at: node.index)?.hash == node.hash
    }
}
