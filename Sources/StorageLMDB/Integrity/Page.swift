#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One page as it was read: nothing about it is known to be true until it was checked.
struct Page: Equatable {
    enum Kind: UInt16 {
        case branch = 0x01
        case leaf = 0x02
        case overflow = 0x04
    }

    /// Number, two bytes of padding, flags, and the bounds of the free space, or the length of a run of overflow pages.
    static let headerByteCount = 16

    /// Where it was read.
    let number: UInt64
    let bytes: [UInt8]

    var recordedNumber: UInt64 { load(0, as: UInt64.self) }
    var flags: UInt16 { load(10, as: UInt16.self) }
    /// The end of the nodes' places, which follow the header.
    var lower: UInt16 { load(12, as: UInt16.self) }
    /// The beginning of the nodes, which reach to the end of the page.
    var upper: UInt16 { load(14, as: UInt16.self) }
    /// Of a run of overflow pages, in its first page.
    var overflowPageCount: UInt32 { load(12, as: UInt32.self) }
    var nodeCount: Int { (Int(lower) - Self.headerByteCount) / 2 }

    func load<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Number.Type) -> Number {
        bytes.load(offset, as: type)
    }

    func finding(_ flaw: StructuralFinding.Flaw) -> StructuralFinding {
        StructuralFinding(flaw: flaw, page: number)
    }

    func check(_ kind: Kind) throws(StructuralFinding) {
        guard recordedNumber == number else { throw finding(.wrongNumber(recordedNumber)) }
        guard flags == kind.rawValue else { throw finding(.wrongKind(flags: flags)) }
    }
}

// MARK: - Nodes

/// A node of a branch or a leaf: a key, and the page under it or its value.
struct Node {
    static let headerByteCount = 8
    /// The value lies on overflow pages, and the node holds the number of the first.
    static let overflowFlag: UInt16 = 0x01
    /// The value is a ``TreeRecord``.
    static let treeFlag: UInt16 = 0x02

    let key: Range<Int>
    /// Of a leaf's node.
    let flags: UInt16
    /// Of a leaf's node: the length of its value, wherever that lies.
    let valueByteCount: Int
    /// Of a branch's node.
    let child: UInt64

    /// Where the value lies, or the number of its overflow page.
    var valueOffset: Int { key.upperBound }
}

extension Page {
    /// Reads the place and the lengths of every node, and checks that together they fill the end of the page.
    ///
    /// - Parameter minimum: how many nodes the page must have at least.
    func nodes(_ kind: Kind, minimum: Int) throws(StructuralFinding) -> [Node] {
        try check(kind)
        guard lower >= Self.headerByteCount, lower.isMultiple(of: 2), upper.isMultiple(of: 2), lower <= upper,
            upper <= bytes.count
        else {
            throw finding(.wrongBounds(lower: lower, upper: upper))
        }
        guard nodeCount >= minimum else { throw finding(.tooFewNodes(nodeCount)) }
        var nodes: [Node] = []
        nodes.reserveCapacity(nodeCount)
        // Nodes begin at even bytes, so that half of a page's bytes have a bit here.
        var claims = Claims(count: bytes.count / 2)
        for index in 0..<nodeCount {
            let (node, place) = try node(index, kind)
            guard claims.claim(place.lowerBound / 2..<(place.upperBound + 1) / 2) == nil else {
                throw finding(.nodesOverlap(node: index))
            }
            nodes.append(node)
        }
        // LMDB moves nodes together when it removes one.
        guard claims.firstUnclaimed(from: Int(upper) / 2) == nil else { throw finding(.gapBetweenNodes) }
        return nodes
    }

    private func node(_ index: Int, _ kind: Kind) throws(StructuralFinding) -> (Node, Range<Int>) {
        let start = Int(load(Self.headerByteCount + 2 * index, as: UInt16.self))
        guard start.isMultiple(of: 2), start >= upper, start <= bytes.count - Node.headerByteCount else {
            throw finding(.nodeOutsidePage(node: index))
        }
        let low = UInt64(load(start, as: UInt16.self)) | UInt64(load(start + 2, as: UInt16.self)) << 16
        let high = load(start + 4, as: UInt16.self)
        let keyStart = start + Node.headerByteCount
        let key = keyStart..<keyStart + Int(load(start + 6, as: UInt16.self))
        let inlineByteCount = kind == .branch ? 0 : high == Node.overflowFlag ? 8 : Int(low)
        let end = key.upperBound + inlineByteCount
        guard end <= bytes.count else { throw finding(.nodeOutsidePage(node: index)) }
        let node = Node(key: key, flags: high, valueByteCount: Int(low), child: low | UInt64(high) << 32)
        return (node, start..<end)
    }
}

// MARK: - Keys

/// How the keys of a tree sort.
enum KeyOrder {
    /// Bytewise; a prefix comes first.
    case bytewise
    /// As 64-bit numbers in the byte order of the machine: those of the list of free pages.
    case numeric

    /// Whether `left` comes before `right`.
    func isBefore(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .bytewise:
            let common = min(left.count, right.count)
            let order = common == 0 ? 0 : memcmp(left.baseAddress!, right.baseAddress!, common)
            return order == 0 ? left.count < right.count : order < 0
        case .numeric:
            return left.loadUnaligned(as: UInt64.self) < right.loadUnaligned(as: UInt64.self)
        }
    }

    func allows(keyByteCount: Int) -> Bool {
        switch self {
        case .bytewise: (1...511).contains(keyByteCount)
        case .numeric: keyByteCount == MemoryLayout<UInt64>.size
        }
    }
}

extension Page {
    /// Checks that the keys of `nodes` are of lengths that `order` allows, sort, and lie in `range`.
    ///
    /// - Parameter nodes: those whose keys count: the first node of a branch page has none.
    func checkKeys(
        _ nodes: ArraySlice<Node>, _ order: KeyOrder, _ range: SeparatorRange
    ) throws(StructuralFinding) {
        for (index, node) in zip(nodes.indices, nodes) where !order.allows(keyByteCount: node.key.count) {
            throw finding(.keyLength(node: index, byteCount: node.key.count))
        }
        let flaw: StructuralFinding.Flaw? = bytes.withUnsafeBytes { bytes in
            func key(_ index: Int) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: bytes[nodes[index].key])
            }
            for index in nodes.indices.dropFirst() where !order.isBefore(key(index - 1), key(index)) {
                return .keysOutOfOrder(node: index)
            }
            guard let first = nodes.indices.first, let last = nodes.indices.last else { return nil }
            if let lower = range.lower, lower.withUnsafeBytes({ order.isBefore(key(first), $0) }) {
                return .keyOutsideParentsRange(node: first)
            }
            if let upper = range.upper, upper.withUnsafeBytes({ !order.isBefore(key(last), $0) }) {
                return .keyOutsideParentsRange(node: last)
            }
            return nil
        }
        if let flaw { throw finding(flaw) }
    }
}

/// The keys that belong under a page: from `lower` on, up to but not including `upper`.
struct SeparatorRange {
    var lower: [UInt8]?
    var upper: [UInt8]?
}
