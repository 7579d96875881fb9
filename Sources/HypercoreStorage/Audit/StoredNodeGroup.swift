import CompactEncoding
public import Crypto
import MerkleTree
import StorageEngine

/// The nodes that end at one leaf, as they are stored, and whether their record is sound.
///
/// What an audit looks at: it reads what can be read of a record that does not decode to its end.
public struct StoredNodeGroup: Sendable {
    /// The leaf, as a block index.
    public let leaf: UInt64
    /// The nodes that could be read; of two that are stored for one place, the first, which is the one that counts.
    public private(set) var nodes: [TreeNode] = []
    /// Whether the whole record decodes. An absent record does.
    public private(set) var isIntact = true

    /// The group of a leaf of which nothing is stored.
    public init(emptyAt leaf: UInt64) {
        self.leaf = leaf
    }

    /// Reads what can be read of a record.
    init(leaf: UInt64, decoding bytes: RawSpan) {
        self.leaf = leaf
        do throws(CompactDecodingError) {
            var reader = ByteReader(bytes)
            while !reader.isAtEnd {
                let start = reader.offset
                guard let index = Self.index(depth: try reader.uint8(), endingAt: leaf) else {
                    throw CompactDecodingError(.invalidValue("a depth that no node of this leaf has"), offset: start)
                }
                let node = TreeNode(index: index, size: try reader.uint(), hash: try reader.fixed32())
                if self[index] == nil { nodes.append(node) }
            }
        } catch {
            isIntact = false
        }
    }

    /// The node `index`, if it is in the group.
    public subscript(index: UInt64) -> TreeNode? { nodes.first { $0.index == index } }

    /// The group with these nodes instead, where they belong to it; `nil` removes one.
    public func replacing(_ changes: [UInt64: TreeNode?]) -> [TreeNode] {
        var byIndex = Dictionary(uniqueKeysWithValues: nodes.map { ($0.index, $0) })
        for (index, node) in changes where NodeGroup.leaf(of: index) == leaf { byIndex[index] = node }
        return byIndex.values.sorted { FlatTree.depth(of: $0.index) < FlatTree.depth(of: $1.index) }
    }

    /// The leaf under which a node is kept, as a block index.
    public static func leaf(of index: UInt64) -> UInt64 { NodeGroup.leaf(of: index) }

    /// The node of a depth that ends at a leaf; `nil` where none does.
    private static func index(depth: UInt8, endingAt leaf: UInt64) -> UInt64? {
        guard Int(depth) <= FlatTree.maximumDepth, (leaf + 1).trailingZeroBitCount >= Int(depth) else { return nil }
        return FlatTree.index(depth: Int(depth), offset: (leaf >> UInt64(depth)))
    }
}

// MARK: - Reading

extension StoredCore {
    /// The nodes that end at a leaf, as far as their record can be read.
    ///
    /// - Throws: `StorageError`.
    public func nodeGroup(at leaf: UInt64, spans: Spans) throws -> StoredNodeGroup {
        try engine.read { snapshot in
            try LogKey(number, spans.generation(of: leaf), index: leaf).withBytes { key in
                try snapshot.withValue(Schema.tree, key: key) { StoredNodeGroup(leaf: leaf, decoding: $0) }
            }
        } ?? StoredNodeGroup(emptyAt: leaf)
    }

    /// The first leaf of `range`, as a block index, that nodes are stored under.
    public func firstNodeGroup(in range: Range<UInt64>, spans: Spans) throws -> UInt64? {
        try first(in: range, spans: spans, Schema.tree)
    }

    /// The first block of `range` that is stored, whatever the log knows to have.
    public func firstBlock(in range: Range<UInt64>, spans: Spans) throws -> UInt64? {
        do {
            return try first(in: range, spans: spans, Schema.blocks)
        } catch let error as StorageError where error.code == .corrupt {
            // A value that cannot be unpacked hides its key, which is somewhere from here on.
            return range.isEmpty ? nil : range.lowerBound
        }
    }

    private func first(in range: Range<UInt64>, spans: Spans, _ table: Table) throws -> UInt64? {
        var found: UInt64?
        try engine.read { snapshot in
            for part in spans.parts(of: range) where found == nil {
                try snapshot.scan(table, LogKey.range(number, part.generation, part.blocks)) { key, _ in
                    found = LogKey.index(in: key)
                    return .stop
                }
            }
        }
        return found
    }
}

extension Spans {
    /// Whether `range` lies in the same generations by these spans and by `other`: then it is the same blocks.
    public func agree(with other: Spans, on range: Range<UInt64>) -> Bool {
        parts(of: range).elementsEqual(other.parts(of: range)) { $0 == $1 }
    }
}

// MARK: - Repairing

extension CoreWrite {
    /// Stores the nodes that end at a leaf in place of those that are there; removes the record where there are none.
    public mutating func replaceGroup(at leaf: UInt64, with nodes: [TreeNode], spans: Spans) {
        var group = ByteWriter(reservingCapacity: 64)
        for node in nodes { NodeGroup.write(node, into: &group) }
        LogKey(core, spans.generation(of: leaf), index: leaf).withBytes { key in
            if nodes.isEmpty {
                set.delete(Schema.tree, key: key)
            } else {
                set.put(Schema.tree, key: key, value: group.bytes.span.bytes)
            }
        }
    }

    /// Removes all nodes that end at the leaves of `range`.
    public mutating func deleteGroups(_ range: Range<UInt64>, spans: Spans) {
        for part in spans.parts(of: range) {
            set.delete(Schema.tree, LogKey.range(core, part.generation, part.blocks))
        }
    }
}
