import Crypto

/// Where a byte offset led (PROTOCOL §4, API seek).
public enum SeekResult: Hashable, Sendable {
    /// The offset lies `offset` bytes into `block`. Exactly at the end of the log it is the block past the last.
    case found(block: UInt64, offset: UInt64)
    /// It lies somewhere in these blocks, and the nodes that tell where are not held.
    case unresolved(SeekSpan)
    /// It lies past the end of the log as far as that is known.
    case pastEnd
}

/// The blocks among which a seek is still undecided: a subtree whose root is held and whose children are not.
public struct SeekSpan: Hashable, Sendable {
    /// The index of the subtree's root.
    public let root: UInt64

    /// The blocks of the subtree.
    public var blocks: Range<UInt64> { FlatTree.blocks(under: root) }

    /// The hash part of a request that goes with the seek: the leaf of one of the ``blocks``, with all nodes up to the
    /// root.
    ///
    /// Ask it of a peer that has the block. Seekers choose the block at random, so that many of them do not all fetch
    /// the same path.
    ///
    /// - Precondition: `block` is one of the ``blocks``.
    public func request(throughBlock block: UInt64) -> ProofRequest.Node {
        precondition(blocks.contains(block), "block \(block) is not one of \(blocks)")
        return ProofRequest.Node(index: FlatTree.leaf(ofBlock: block), nodes: UInt64(FlatTree.depth(of: root)))
    }
}

extension TreeHead {
    /// Finds the block that holds a byte offset.
    ///
    /// Offset 0 is the start of block 0, whatever the tree. An offset between two blocks is the start of the second of
    /// them; between empty blocks, of the one that begins the first right subtree on the way down.
    ///
    /// - Parameters:
    ///   - bytes: the offset, from the start of the log.
    ///   - padding: the bytes of encryption padding in each block, which are not counted.
    ///   - reader: where nodes are read from.
    /// - Throws: `.invalidOperation` where blocks are shorter than their padding; what the reader throws.
    public func seek(
        toByte bytes: UInt64, padding: UInt64 = 0, reading reader: some NodeReader & ~Escapable
    ) throws -> SeekResult {
        guard bytes > 0 else { return .found(block: 0, offset: 0) }
        let padding = Padding(padding)
        var remaining = bytes
        for root in roots {
            let size = try padding.size(of: root)
            if remaining == size { return .found(block: FlatTree.blocks(under: root.index).upperBound, offset: 0) }
            if remaining < size { return try seek(toByte: remaining, below: root.index, padding, reading: reader) }
            remaining -= size
        }
        return .pastEnd
    }

    /// Walks down from a node whose subtree holds the offset, which is counted from the subtree's start.
    private func seek(
        toByte bytes: UInt64, below root: UInt64, _ padding: Padding, reading reader: some NodeReader & ~Escapable
    ) throws -> SeekResult {
        var remaining = bytes
        var index = root
        while let children = FlatTree.children(of: index) {
            guard let left = try reader.node(at: children.left) else { return .unresolved(SeekSpan(root: index)) }
            let size = try padding.size(of: left)
            if remaining == size {
                return .found(block: FlatTree.blocks(under: children.right).lowerBound, offset: 0)
            }
            if remaining < size {
                index = children.left
            } else {
                remaining -= size
                index = children.right
            }
        }
        return .found(block: FlatTree.blocks(under: index).lowerBound, offset: remaining)
    }
}
