import BenchHarness
import CompactEncoding
import Crypto
import Testing

@testable import BenchFloors

/// The floor's own hashing against the library's, which the protocol's vectors hold to.
@Suite struct TreeTests {
    private let hashing = BLAKE2bTreeHashing()

    @Test(arguments: [0, 1, 100, 1_024, 1_025, 65_536])
    func aLeafIsTheLibrarySOfShortBlocksAndLongOnes(length: Int) {
        let block = [UInt8](repeating: 7, count: length)
        let hasher = LeafHasher()
        var digest = [UInt8](repeating: 0, count: 32)
        block.withUnsafeBytes { hasher.hash($0, into: &digest) }
        #expect(digest == hashing.leaf(block.span.bytes).array)
    }

    @Test func theTreeHashIsTheLibrarySAtEveryLengthUpTo70() {
        var tree = FloorTree()
        let pattern = BlockPattern(length: 100)
        let hasher = LeafHasher()
        var leaves: [TreeNode] = []
        for index in 0..<70 {
            let block = pattern.block(at: index)
            leaves.append(TreeNode(index: UInt64(2 * index), size: 100, hash: hashing.leaf(block.span.bytes)))
            var leaf = [UInt8](repeating: 0, count: 32)
            block.withUnsafeBytes { hasher.hash($0, into: &leaf) }
            _ = tree.append(leaf: leaf, size: 100)
            var treeHash = [UInt8](repeating: 0, count: 32)
            tree.hash(into: &treeHash)
            #expect(treeHash == hashing.tree(roots(of: leaves[...])).array, "at length \(index + 1)")
        }
    }

    @Test func aGroupHoldsTheLeafAndTheParentsThatItCompletes() {
        var tree = FloorTree()
        let leaf = [UInt8](repeating: 1, count: 32)
        let nodeCounts = (0..<16).map { _ in tree.append(leaf: leaf, size: 1).count / 34 }
        #expect(nodeCounts == [1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1, 2, 1, 5])
    }

    @Test func anIntegerIsWrittenInTheShortestFormAndReadBack() {
        let values: [(UInt64, Int)] = [
            (0, 1), (0xfc, 1), (0xfd, 3), (0xffff, 3), (0x1_0000, 5), (0xffff_ffff, 5), (0x1_0000_0000, 9),
        ]
        for (value, length) in values {
            var bytes = [UInt8](repeating: 0, count: 9)
            var offset = 0
            #expect(writeUInt(value, to: &bytes) == length)
            #expect(readUInt(bytes, at: &offset) == value)
            #expect(offset == length)
        }
    }

    /// The roots of the tree over `leaves`, from scratch: one subtree for the largest power of two, then the rest.
    private func roots(of leaves: ArraySlice<TreeNode>) -> [TreeNode] {
        guard !leaves.isEmpty else { return [] }
        var size = 1
        while size * 2 <= leaves.count { size *= 2 }
        return [root(of: leaves.prefix(size))] + roots(of: leaves.dropFirst(size))
    }

    private func root(of leaves: ArraySlice<TreeNode>) -> TreeNode {
        guard leaves.count > 1 else { return leaves[leaves.startIndex] }
        let left = root(of: leaves.prefix(leaves.count / 2))
        let right = root(of: leaves.suffix(leaves.count / 2))
        return TreeNode(
            index: (left.index + right.index) / 2, size: left.size + right.size,
            hash: hashing.parent(size: left.size + right.size, left: left.hash, right: right.hash))
    }
}
