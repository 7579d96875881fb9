import StorageEngine

/// What is wrong with an environment's file, and where.
struct StructuralFinding: Error, Equatable {
    /// The trees of an environment. Each has its own pages.
    enum Tree: Equatable {
        /// LMDB's list of pages that hold nothing.
        case freeList
        /// The unnamed database: the tables by name, and the format record.
        case directory
        case table(String)
    }

    enum Flaw: Equatable {
        case notAnEnvironment
        case unknownVersion(UInt32)
        case impossiblePageSize(UInt32)
        case impossibleLength(lastPage: UInt64)
        case cutOff(byteCount: Int, expected: Int)
        case unreadable(errorNumber: Int32)
        case pastTheEnd
        case outOfRange
        case usedTwice
        case wrongNumber(UInt64)
        case wrongKind(flags: UInt16)
        case wrongBounds(lower: UInt16, upper: UInt16)
        case tooFewNodes(Int)
        case nodeOutsidePage(node: Int)
        case nodesOverlap(node: Int)
        case gapBetweenNodes
        case unknownNode(node: Int, flags: UInt16)
        case keyLength(node: Int, byteCount: Int)
        case keysOutOfOrder(node: Int)
        case keyOutsideParentsRange(node: Int)
        case tooFewOverflowPages(UInt32, needed: UInt64)
        case unknownTreeFlags(UInt16)
        case impossibleDepth(UInt16)
        case wrongCount(Count, counted: UInt64, recorded: UInt64)
        case malformedFreeRecord(transaction: UInt64)
        case freePageOutOfRange(UInt64)
    }

    enum Count: String {
        case branchPages = "branch pages"
        case leafPages = "leaf pages"
        case overflowPages = "overflow pages"
        case entries
    }

    let flaw: Flaw
    /// The page that shows it; `nil` where it concerns a tree as a whole.
    var page: UInt64?
    /// The tree that was being read.
    var tree: Tree?
}

extension StructuralFinding: CustomStringConvertible {
    /// "page 17 of table blocks: the key of node 3 does not come after the one before it".
    var description: String {
        let place = [page.map { "page \($0)" }, tree?.description].compactMap { $0 }.joined(separator: " of ")
        return place.isEmpty ? flaw.description : "\(place): \(flaw)"
    }
}

extension StructuralFinding.Tree: CustomStringConvertible {
    var description: String {
        switch self {
        case .freeList: "the list of free pages"
        case .directory: "the list of tables"
        case .table(let name): "table \(name)"
        }
    }
}

extension StructuralFinding.Flaw: CustomStringConvertible {
    var description: String {
        switch self {
        case .notAnEnvironment: "it is no header of an LMDB file"
        case .unknownVersion(let version): "the file has version \(version) of LMDB's format"
        case .impossiblePageSize(let size): "the header tells of pages of \(size) bytes"
        case .impossibleLength(let page): "the header says that page \(page) is the last one, far from the file's end"
        case .cutOff(let count, let expected): "it is cut off: it has \(count) of \(expected) bytes"
        case .unreadable(let number): "it cannot be read: \(words(forErrorNumber: number))"
        case .pastTheEnd: "it is in use, and lies past the end of the file"
        case .outOfRange: "it is referred to, and is none of the environment's pages"
        case .usedTwice: "it is referred to twice, or in use and free at once"
        case .wrongNumber(let number): "it bears the number \(number)"
        case .wrongKind(let flags): "it is not the kind of page that belongs here (flags \(flags))"
        case .wrongBounds(let lower, let upper): "its free space cannot lie from byte \(lower) to byte \(upper)"
        case .tooFewNodes(let count): "it has \(count) nodes, and needs more"
        case .nodeOutsidePage(let node): "node \(node) does not lie in the page"
        case .nodesOverlap(let node): "node \(node) overlaps another one"
        case .gapBetweenNodes: "there is a gap between its nodes"
        case .unknownNode(let node, let flags): "node \(node) is of an unknown kind (flags \(flags))"
        case .keyLength(let node, let count): "the key of node \(node) has \(count) bytes"
        case .keysOutOfOrder(let node): "the key of node \(node) does not come after the one before it"
        case .keyOutsideParentsRange(let node): "the key of node \(node) belongs under another page"
        case .tooFewOverflowPages(let count, let needed): "it begins \(count) pages of a value that fills \(needed)"
        case .unknownTreeFlags(let flags): "it is a kind of tree that this library does not write (flags \(flags))"
        case .impossibleDepth(let depth): "it cannot be \(depth) pages deep"
        case .wrongCount(let count, let counted, let recorded):
            "it has \(counted) \(count.rawValue), and \(recorded) are recorded"
        case .malformedFreeRecord(let transaction): "the record of transaction \(transaction) is no list of pages"
        case .freePageOutOfRange(let page): "it lists page \(page), which is none of the environment's"
        }
    }
}

extension StorageError {
    /// The finding in words that say what can be done about it.
    static func damaged(_ path: String, _ finding: StructuralFinding) -> StorageError {
        switch finding.flaw {
        case .unknownVersion:
            StorageError(.unsupportedVersion, "\(path): \(finding); it belongs to another version of LMDB")
        case .unreadable:
            StorageError(.inputOutput, "\(path): \(finding); check the disk, then restore a backup or replicate again")
        default:
            StorageError(.corrupt, "\(path) is damaged: \(finding); restore a backup, or replicate the store again")
        }
    }
}
