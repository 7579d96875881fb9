import CompactEncoding
import Crypto
import MerkleTree

/// A tree over blocks, made the slow and obvious way: by recursion over ranges of blocks, hashing the bytes as
/// PROTOCOL §2 spells them out. It shares no code with the module, and so can judge it.
struct ReferenceTree {
    let blocks: [[UInt8]]
    /// Every node of the tree by its index.
    let nodes: [UInt64: TreeNode]

    init(_ blocks: [[UInt8]]) {
        self.blocks = blocks
        var nodes: [UInt64: TreeNode] = [:]
        for range in Self.rootRanges(0..<blocks.count) {
            _ = Self.build(range, blocks, into: &nodes)
        }
        self.nodes = nodes
    }

    /// A tree of blocks with seeded content, `sizes` bytes long.
    init(sizes: [Int], salt: UInt8 = 0) {
        self.init(
            sizes.enumerated().map { index, size in (0..<size).map { UInt8(truncatingIfNeeded: $0 + 31 * index) ^ salt }
            })
    }

    var length: UInt64 { UInt64(blocks.count) }
    var byteLength: UInt64 { UInt64(blocks.reduce(0) { $0 + $1.count }) }

    /// The leaves, as an appender takes them.
    var leaves: [TreeLeaf] {
        blocks.indices.map { block in
            let node = self[UInt64(2 * block)]
            return TreeLeaf(hash: node.hash, size: node.size)
        }
    }

    subscript(index: UInt64) -> TreeNode {
        guard let node = nodes[index] else { preconditionFailure("a tree of \(length) has no node \(index)") }
        return node
    }

    /// The roots of the first `length` blocks: the largest power of two of them, and then the roots of the rest.
    func roots(ofLength length: UInt64) -> [TreeNode] {
        Self.rootRanges(0..<Int(length)).map { self[Self.index(of: $0)] }
    }

    /// The nodes of the first `length` blocks.
    func nodes(ofLength length: UInt64) -> [UInt64: TreeNode] {
        nodes.filter { Self.blocks(under: $0.key).upperBound <= length }
    }

    func head(ofLength length: UInt64? = nil, fork: UInt64 = 0) throws -> TreeHead {
        try TreeHead(fork: fork, roots: roots(ofLength: length ?? self.length))
    }

    func byteOffset(ofBlock block: UInt64) -> UInt64 {
        UInt64(blocks.prefix(Int(block)).reduce(0) { $0 + $1.count })
    }

    /// The blocks below a node, found from its path: the lowest zero bit of the index tells how many.
    static func blocks(under index: UInt64) -> Range<UInt64> {
        var width: UInt64 = 1
        while index & width != 0 { width <<= 1 }
        let first = (index - (width - 1)) / 2
        return first..<first + width
    }

    /// In-order numbering: a subtree of n blocks from block a has 2n - 1 nodes from 2a on, and its root is the middle
    /// one.
    static func index(of range: Range<Int>) -> UInt64 {
        UInt64(2 * range.lowerBound + range.count - 1)
    }

    static func rootRanges(_ range: Range<Int>) -> [Range<Int>] {
        guard !range.isEmpty else { return [] }
        var width = 1
        while 2 * width <= range.count { width *= 2 }
        let middle = range.lowerBound + width
        return [range.lowerBound..<middle] + rootRanges(middle..<range.upperBound)
    }

    private static func build(_ range: Range<Int>, _ blocks: [[UInt8]], into nodes: inout [UInt64: TreeNode])
        -> TreeNode
    {
        let node: TreeNode
        if range.count == 1 {
            let block = blocks[range.lowerBound]
            node = TreeNode(
                index: index(of: range), size: UInt64(block.count), hash: BLAKE2b.hash([0] + u64(block.count) + block))
        } else {
            let middle = range.lowerBound + range.count / 2
            let left = build(range.lowerBound..<middle, blocks, into: &nodes)
            let right = build(middle..<range.upperBound, blocks, into: &nodes)
            let size = left.size + right.size
            node = TreeNode(
                index: index(of: range), size: size,
                hash: BLAKE2b.hash([1] + u64(Int(size)) + left.hash.array + right.hash.array))
        }
        nodes[node.index] = node
        return node
    }

    private static func u64(_ value: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
