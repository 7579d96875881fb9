/// Visits every page of one tree, and checks each against its parent and all of them against the tree's record.
struct TreeWalk {
    /// LMDB's cursors hold no more pages above each other.
    private static let maximumDepth: UInt16 = 32

    private let name: StructuralFinding.Tree
    private let record: TreeRecord
    private let order: KeyOrder
    private let pages: CheckedPages
    /// Called for every entry, in order; throws where there is something wrong with it.
    private let visit: (Page, Node, Int) throws(StructuralFinding) -> Void
    private var branchPageCount: UInt64 = 0
    private var leafPageCount: UInt64 = 0
    private var overflowPageCount: UInt64 = 0
    private var entryCount: UInt64 = 0

    init(
        _ name: StructuralFinding.Tree, _ record: TreeRecord, _ pages: CheckedPages,
        visit: @escaping (Page, Node, Int) throws(StructuralFinding) -> Void
    ) {
        self.name = name
        self.record = record
        self.pages = pages
        self.visit = visit
        order = name == .freeList ? .numeric : .bytewise
    }

    mutating func run() throws(StructuralFinding) {
        do throws(StructuralFinding) {
            try checkRecord()
            if !record.isEmpty { try walk(record.root, level: 1, SeparatorRange()) }
            try compare(.branchPages, branchPageCount, record.branchPageCount)
            try compare(.leafPages, leafPageCount, record.leafPageCount)
            try compare(.overflowPages, overflowPageCount, record.overflowPageCount)
            try compare(.entries, entryCount, record.entryCount)
        } catch {
            // An entry of the directory that is a tree of its own names itself.
            throw StructuralFinding(flaw: error.flaw, page: error.page, tree: error.tree ?? name)
        }
    }

    private func checkRecord() throws(StructuralFinding) {
        /// LMDB's flag for keys that are numbers.
        let numericFlag: UInt16 = 0x08
        guard record.flags == (order == .numeric ? numericFlag : 0) else {
            throw StructuralFinding(flaw: .unknownTreeFlags(record.flags))
        }
        guard record.depth <= Self.maximumDepth, (record.depth == 0) == record.isEmpty else {
            throw StructuralFinding(flaw: .impossibleDepth(record.depth))
        }
    }

    private func compare(
        _ count: StructuralFinding.Count, _ counted: UInt64, _ recorded: UInt64
    ) throws(StructuralFinding) {
        guard counted == recorded else {
            throw StructuralFinding(flaw: .wrongCount(count, counted: counted, recorded: recorded))
        }
    }
}

// MARK: - Pages

extension TreeWalk {
    private mutating func walk(_ number: UInt64, level: UInt16, _ range: SeparatorRange) throws(StructuralFinding) {
        let page = try pages.read(number)
        if level == record.depth {
            try walkLeaf(page, range)
        } else {
            try walkBranch(page, level, range)
        }
    }

    private mutating func walkBranch(
        _ page: Page, _ level: UInt16, _ range: SeparatorRange
    ) throws(StructuralFinding) {
        branchPageCount += 1
        // LMDB ends the process where a branch of a table has only one page under it.
        let nodes = try page.nodes(.branch, minimum: order == .numeric ? 1 : 2)
        try page.checkKeys(nodes.dropFirst(), order, range)
        for (index, node) in nodes.enumerated() {
            let next = index + 1
            let child = SeparatorRange(
                lower: index == 0 ? range.lower : Array(page.bytes[node.key]),
                upper: next == nodes.count ? range.upper : Array(page.bytes[nodes[next].key]))
            try walk(node.child, level: level + 1, child)
        }
    }

    private mutating func walkLeaf(_ page: Page, _ range: SeparatorRange) throws(StructuralFinding) {
        leafPageCount += 1
        let nodes = try page.nodes(.leaf, minimum: 1)
        try page.checkKeys(nodes[...], order, range)
        for (index, node) in nodes.enumerated() {
            entryCount += 1
            switch node.flags {
            case 0: break
            case Node.overflowFlag: overflowPageCount += try pages.readOverflow(of: node, in: page)
            case Node.treeFlag where name == .directory && node.valueByteCount == TreeRecord.byteCount: break
            default: throw page.finding(.unknownNode(node: index, flags: node.flags))
            }
            try visit(page, node, index)
        }
    }
}
