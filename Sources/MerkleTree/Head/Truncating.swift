import Crypto

extension TreeHead {
    /// The tree's first `length` blocks, as a tree of their own.
    ///
    /// - Parameters:
    ///   - length: how many blocks the tree is to have.
    ///   - fork: the fork that it is to belong to; this tree's own where none is given.
    ///   - reader: where nodes are read from.
    /// - Throws: `.invalidOperation` where the tree is shorter; `.missingNode` where one of the shorter tree's roots is
    ///   not held; what the reader throws.
    public func truncated(
        to length: UInt64, fork: UInt64? = nil, reading reader: some NodeReader & ~Escapable
    ) throws -> TreeHead {
        guard length <= self.length else {
            throw TreeError(.invalidOperation, "a tree of \(self.length) blocks has no first \(length)")
        }
        guard length < self.length else {
            var same = self
            same.fork = fork ?? self.fork
            return same
        }
        return try TreeHead(fork: fork ?? self.fork, length: length, reading: reader)
    }

    /// Whether the roots of the first `length` blocks are all held, so that a peer of that length can be upgraded
    /// from here.
    ///
    /// - Throws: what the reader throws.
    public func holdsRoots(ofLength length: UInt64, reading reader: some NodeReader & ~Escapable) throws -> Bool {
        try knownTree(ofLength: length, reading: reader) != nil
    }

    /// The tree's first `length` blocks, or `nil` where the tree is shorter or their roots are not all held.
    ///
    /// - Throws: what the reader throws.
    public func knownTree(ofLength length: UInt64, reading reader: some NodeReader & ~Escapable) throws -> TreeHead? {
        guard length < self.length else { return length == self.length ? self : nil }
        var roots: [TreeNode] = []
        for index in FlatTree.roots(ofLength: length) {
            guard let root = try reader.node(at: index) else { return nil }
            roots.append(root)
        }
        return try TreeHead(fork: fork, roots: roots)
    }
}
