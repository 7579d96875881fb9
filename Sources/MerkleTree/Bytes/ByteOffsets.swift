import Crypto

extension TreeHead {
    /// Where a block begins, in bytes from the start of the log; for the block past the last, where the log ends.
    ///
    /// - Parameters:
    ///   - block: the block's index.
    ///   - padding: the bytes of encryption padding in each block, which are left out.
    ///   - reader: where nodes are read from.
    /// - Throws: `.invalidOperation` past the end, or where blocks are shorter than their padding; `.missingNode`
    ///   where a node left of the block is not held; what the reader throws.
    public func byteOffset(
        ofBlock block: UInt64, padding: UInt64 = 0, reading reader: some NodeReader & ~Escapable
    ) throws -> UInt64 {
        guard block <= length else {
            throw TreeError(.invalidOperation, "block \(block) is past the end of \(length) blocks")
        }
        let bytes = try byteOffset(ofLeaf: FlatTree.leaf(ofBlock: block), reading: reader)
        return try Padding(padding).removed(from: bytes, ofBlocks: block)
    }

    /// Where a block lies, in bytes from the start of the log.
    ///
    /// - Parameters:
    ///   - block: the block's index.
    ///   - padding: the bytes of encryption padding in each block, which are left out.
    ///   - reader: where nodes are read from.
    /// - Throws: as ``byteOffset(ofBlock:padding:reading:)``; `.missingNode` where the block's own leaf is not held.
    public func byteRange(
        ofBlock block: UInt64, padding: UInt64 = 0, reading reader: some NodeReader & ~Escapable
    ) throws -> Range<UInt64> {
        guard block < length else {
            throw TreeError(.invalidOperation, "block \(block) is past the end of \(length) blocks")
        }
        let start = try byteOffset(ofBlock: block, padding: padding, reading: reader)
        let size = try Padding(padding).size(of: reader.required(FlatTree.leaf(ofBlock: block)))
        let (end, overflow) = start.addingReportingOverflow(size)
        guard !overflow else {
            throw TreeError(.invalidOperation, "block \(block) of \(size) bytes cannot begin at byte \(start)")
        }
        return start..<end
    }

    /// The bytes of all blocks left of a leaf, padding included.
    ///
    /// Whole roots first, and then down from the root that holds the leaf: every step to the right passes the bytes of
    /// the left child.
    func byteOffset(ofLeaf leaf: UInt64, reading reader: some NodeReader & ~Escapable) throws -> UInt64 {
        var offset: UInt64 = 0
        for root in roots {
            guard FlatTree.contains(root.index, leaf) else {
                // The sum of the roots is the byte length, which was checked when the head was made.
                offset += root.size
                continue
            }
            var index = root.index
            while FlatTree.leftmostLeaf(under: index) != leaf, let children = FlatTree.children(of: index) {
                guard !FlatTree.contains(children.left, leaf) else {
                    index = children.left
                    continue
                }
                offset = try adding(reader.required(children.left).size, to: offset)
                index = children.right
            }
            return offset
        }
        return offset
    }

    /// The sum of two sizes of which one was read: a reader that answers nonsense must not trap us.
    private func adding(_ size: UInt64, to offset: UInt64) throws(TreeError) -> UInt64 {
        let (sum, overflow) = offset.addingReportingOverflow(size)
        guard !overflow else {
            throw TreeError(.invalidOperation, "\(offset) and \(size) bytes are more than a tree can have")
        }
        return sum
    }
}

/// The bytes at the start of every block that an encrypted log does not count as its own (PROTOCOL §8).
///
/// A remote may claim any number of them, so every calculation is checked.
struct Padding {
    let bytesPerBlock: UInt64

    init(_ bytesPerBlock: UInt64) {
        self.bytesPerBlock = bytesPerBlock
    }

    /// The bytes below a node without the padding.
    func size(of node: TreeNode) throws(TreeError) -> UInt64 {
        try removed(from: node.size, ofBlocks: FlatTree.leafCount(under: node.index))
    }

    /// `bytes` of `count` blocks without the padding.
    func removed(from bytes: UInt64, ofBlocks count: UInt64) throws(TreeError) -> UInt64 {
        let (padding, overflow) = bytesPerBlock.multipliedReportingOverflow(by: count)
        guard !overflow, padding <= bytes else {
            throw TreeError(
                .invalidOperation,
                "\(count) blocks of \(bytes) bytes cannot each begin with \(bytesPerBlock) bytes of padding")
        }
        return bytes - padding
    }
}
