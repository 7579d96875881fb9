/// The node that answers a seek within a proof (PROTOCOL §4, Seek root).
///
/// It is not yet the block: where a whole left subtree ends at the offset, that subtree is enough to tell the requester
/// how many bytes it can skip.
struct SeekRoot {
    /// The offset that was asked for.
    let bytes: UInt64
    /// The index of the node that it led to.
    let node: UInt64
}

extension TreeHead {
    /// Finds the seek root from the start of the tree, counting only the first `length` blocks; `nil` past their end.
    func seekRoot(
        _ seek: ProofRequest.Seek?, inFirst length: UInt64, reading reader: some NodeReader & ~Escapable
    ) throws -> SeekRoot? {
        guard let seek else { return nil }
        let padding = Padding(seek.padding)
        var remaining = seek.bytes
        for root in FlatTree.roots(ofLength: length) {
            let size = try padding.size(of: reader.required(root))
            guard remaining > size else {
                let node = remaining == size ? root : try descend(to: remaining, below: root, padding, reading: reader)
                return SeekRoot(bytes: seek.bytes, node: node)
            }
            remaining -= size
        }
        return nil
    }

    /// Finds the seek root within one subtree; `nil` where the offset lies outside.
    ///
    /// - Throws: `.invalidOperation` where the offset lies outside and `isRequired`.
    func seekRoot(
        _ seek: ProofRequest.Seek?, under root: UInt64, isRequired: Bool, reading reader: some NodeReader & ~Escapable
    ) throws -> SeekRoot? {
        guard let seek else { return nil }
        let padding = Padding(seek.padding)
        let firstBlock = FlatTree.blocks(under: root).lowerBound
        let start = try byteOffset(ofBlock: firstBlock, padding: seek.padding, reading: reader)
        let size = try padding.size(of: reader.required(root))
        guard seek.bytes == start || (seek.bytes > start && seek.bytes - start < size) else {
            guard !isRequired else {
                throw TreeError(.invalidOperation, "byte \(seek.bytes) lies outside the proven subtree of node \(root)")
            }
            return nil
        }
        let node = try descend(to: seek.bytes - start, below: root, padding, reading: reader)
        return SeekRoot(bytes: seek.bytes, node: node)
    }

    /// Walks down from a node to an offset that lies within its subtree and is counted from the subtree's start.
    private func descend(
        to bytes: UInt64, below root: UInt64, _ padding: Padding, reading reader: some NodeReader & ~Escapable
    ) throws -> UInt64 {
        guard bytes > 0 else { return root }
        var remaining = bytes
        var index = root
        while let children = FlatTree.children(of: index) {
            let size = try padding.size(of: reader.required(children.left))
            if remaining == size { return children.left }
            if remaining < size {
                index = children.left
            } else {
                remaining -= size
                index = children.right
            }
        }
        return index
    }
}
