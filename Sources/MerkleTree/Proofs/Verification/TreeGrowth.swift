import Crypto

/// A tree growing by the nodes of an upgrade, watched for whether it grows through the tree that is held here.
struct TreeGrowth {
    /// The tree as far as it has grown.
    private(set) var head: TreeHead
    /// The nodes that were appended, and the parents they made.
    private(set) var nodes: [TreeNode] = []

    /// The tree that is held here.
    private let own: TreeHead
    /// Whether the growing tree was found equal to ours at our length.
    private var passedOwn: Bool

    /// Begins at a length that the upgrade starts from.
    ///
    /// - Throws: `.staleUpgrade` where that is past our end, or where we do not hold the roots of that length.
    init(of own: TreeHead, from start: UInt64, reading reader: some NodeReader & ~Escapable) throws {
        guard let head = try own.knownTree(ofLength: start, reading: reader) else {
            throw TreeError(
                .staleUpgrade,
                "the upgrade starts at \(start), and there is no such tree among our \(own.length) blocks")
        }
        self.own = own
        self.head = head
        passedOwn = start == own.length
    }

    /// Grows by what the upgrade part itself promises. Where `standIn` leads to one of the expected nodes, that node is
    /// not in the upgrade, and `standIn` is taken. Nodes after the last expected one are ignored.
    ///
    /// - Throws: `.invalidOperation`, `.invalidChecksum`.
    mutating func lift(
        by upgrade: Proof.Upgrade, standIn: inout ProvenPath?, hashing: some TreeHashing
    ) throws(TreeError) {
        guard upgrade.length <= FlatTree.maximumLength - upgrade.start else {
            throw TreeError(
                .invalidOperation, "\(upgrade.start) and \(upgrade.length) blocks are more than a tree can have")
        }
        var given = upgrade.nodes.makeIterator()
        for index in FlatTree.subtrees(covering: upgrade.start..<upgrade.start + upgrade.length) {
            if let path = standIn, path.root.index == index {
                try append(path.root, hashing: hashing)
                standIn = nil
                continue
            }
            let node = given.next()
            guard let node, node.index == index else {
                throw TreeError(
                    .invalidOperation, "expected node \(index), not \(node.map { "node \($0.index)" } ?? "the end")")
            }
            try append(node, hashing: hashing)
        }
    }

    /// Grows by the nodes that lead on to the sender's real length, which is where the last of them ends.
    ///
    /// They have to be the fewest that do: more would be work without an end, and two siblings both taken as they came
    /// could share out their bytes as they like.
    ///
    /// - Throws: `.invalidOperation`, `.invalidChecksum`.
    mutating func append(_ additional: [TreeNode], hashing: some TreeHashing) throws(TreeError) {
        guard let last = additional.last else { return }
        let end = FlatTree.isIndex(last.index) ? FlatTree.blocks(under: last.index).upperBound : 0
        guard head.length < end,
            FlatTree.subtrees(covering: head.length..<end).elementsEqual(additional.lazy.map(\.index))
        else {
            throw TreeError(
                .invalidOperation,
                "\(additional.count) additional nodes do not lead from block \(head.length) to node \(last.index)"
            )
        }
        for node in additional {
            try append(node, hashing: hashing)
        }
    }

    /// Whether the tree has outgrown ours. If not, it was compared with ours at its own length.
    ///
    /// - Throws: `.invalidChecksum` where the two differ; `.staleUpgrade` where they cannot be compared.
    func isLonger(reading reader: some NodeReader & ~Escapable) throws -> Bool {
        if head.length > own.length {
            guard passedOwn else {
                throw TreeError(
                    .staleUpgrade, "the upgrade to \(head.length) blocks does not pass through our \(own.length)")
            }
            return true
        }
        guard let known = try own.knownTree(ofLength: head.length, reading: reader) else {
            throw TreeError(.staleUpgrade, "the roots of the first \(head.length) of our blocks are not held here")
        }
        try compare(with: known)
        return false
    }

    private mutating func append(_ node: TreeNode, hashing: some TreeHashing) throws(TreeError) {
        try head.append(subtree: node, hashing: hashing, into: &nodes)
        if head.length == own.length {
            try compare(with: own)
            passedOwn = true
        }
    }

    private func compare(with known: TreeHead) throws(TreeError) {
        guard head.hasSameTree(as: known) else {
            throw TreeError(.invalidChecksum, "the tree of \(head.length) blocks differs from the one known here")
        }
    }
}
