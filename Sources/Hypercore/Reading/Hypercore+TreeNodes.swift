public import Crypto
import HypercoreStorage
import MerkleTree

extension Hypercore {
    /// The node of the tree at a flat-tree index (PROTOCOL §2): the hash over the blocks under it, and how many
    /// bytes they have as they are replicated, with the padding of encrypted ones.
    ///
    /// Equal nodes are over equal blocks, so that two copies of anything are compared from the roots down with a few nodes,
    /// and no block moves. A node that is not here is asked of peers, who send it without any block; one that reaches past
    /// the end of the log is waited for until the log has grown.
    ///
    /// ```swift
    /// let left = try await log.treeNode(at: 3)       // over the blocks 0 to 3
    /// ```
    ///
    /// - Parameters:
    ///   - index: leaf `i` is at `2 * i`; at most what `FlatTree.isIndex(_:)` allows.
    ///   - options: whether and how long peers are waited for.
    /// - Throws: `.outOfBounds` for an index that no tree has, and past the end of a snapshot or of a log that is not to be
    ///   waited for; `.notAvailable` where it is not here and not to be waited for, or was cut off from the log that a
    ///   snapshot is of; `.timedOut`, `.closed`, `.frozen`, `.storage`; `CancellationError`.
    public func treeNode(at index: UInt64, options: GetOptions = GetOptions()) async throws -> TreeNode {
        try requireOpen()
        guard FlatTree.isIndex(index) else {
            throw HypercoreError(.outOfBounds, key: key, "no tree has a node at \(index)")
        }
        if options.waits { try await core.registry.gate.pass() }
        let beside = headBesideTheLog(view)
        let blocks = FlatTree.blocks(under: index)
        let (length, node) = try withTree(on: view) { head, tree in
            (head.length, blocks.upperBound <= head.length ? try tree.node(at: index) : nil)
        }
        if let node { return node }
        if blocks.upperBound > length, beside != nil || !options.waits {
            throw HypercoreError(
                .outOfBounds, key: key, "node \(index) is over the blocks \(blocks), and the log has \(length)")
        }
        func requireShared() throws {
            if let beside, !core.isShared(blocks.upperBound - 1, with: beside) { throw HypercoreError.treeNotHere(key) }
        }
        guard options.waits else { throw HypercoreError.treeNotHere(key) }
        try requireShared()
        let told = try await core.waitForNode(at: index, timeout: options.timeout, in: waits)
        // While a peer was asked, the log may have moved to another history than the snapshot's.
        try requireShared()
        return told
    }
}
