/// Reads LMDB's list of free pages, and claims all that it names.
///
/// A record belongs to the transaction that freed its pages. Its value is a count and so many page numbers, from the
/// highest down; there may be room after them that was reserved and not needed.
struct FreeListWalk {
    /// How much of a long record is read at a time.
    private static let chunkByteCount = 1 << 16
    private static let numberByteCount = 8

    let pages: CheckedPages

    func run() throws(StructuralFinding) {
        var walk = TreeWalk(.freeList, pages.meta.freeList, pages) { page, node, _ throws(StructuralFinding) in
            try visit(page, node)
        }
        try walk.run()
    }

    private func visit(_ page: Page, _ node: Node) throws(StructuralFinding) {
        let transaction = page.load(node.key.lowerBound, as: UInt64.self)
        guard transaction >= 1, transaction <= pages.meta.transaction, node.valueByteCount >= Self.numberByteCount
        else {
            throw page.finding(.malformedFreeRecord(transaction: transaction))
        }
        let count = try bytes(of: node, in: page, from: 0, count: Self.numberByteCount).load(0, as: UInt64.self)
        guard count <= UInt64(node.valueByteCount / Self.numberByteCount - 1) else {
            throw page.finding(.malformedFreeRecord(transaction: transaction))
        }
        var previous = UInt64.max
        var offset = Self.numberByteCount
        let end = offset + Int(count) * Self.numberByteCount
        while offset < end {
            let chunk = try bytes(of: node, in: page, from: offset, count: min(end - offset, Self.chunkByteCount))
            for place in stride(from: 0, to: chunk.count, by: Self.numberByteCount) {
                let number = chunk.load(place, as: UInt64.self)
                guard number < previous else { throw page.finding(.malformedFreeRecord(transaction: transaction)) }
                try pages.free(number)
                previous = number
            }
            offset += chunk.count
        }
    }

    /// Bytes of a node's value, wherever that lies.
    private func bytes(
        of node: Node, in page: Page, from offset: Int, count: Int
    ) throws(StructuralFinding) -> [UInt8] {
        guard node.flags == Node.overflowFlag else {
            return Array(page.bytes[node.valueOffset + offset..<node.valueOffset + offset + count])
        }
        // The run of overflow pages was claimed as a whole when the node was visited, so it lies in the file.
        let first = page.load(node.valueOffset, as: UInt64.self)
        return try pages.file.bytes(ofPage: first, from: Page.headerByteCount + offset, count: count)
    }
}
