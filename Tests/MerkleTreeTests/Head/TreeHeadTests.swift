import CompactEncoding
import Crypto
import MerkleTree
import TestSupport
import Testing

@Suite struct TreeHeadTests {
    let tree = ReferenceTree(sizes: (0..<40).map { $0 * 7 % 5 })

    @Test func `appending one by one makes every node of the tree once`() throws {
        var head = TreeHead(fork: 3)
        var nodes: [TreeNode] = []
        for (block, leaf) in tree.leaves.enumerated() {
            nodes += try head.append([leaf])
            #expect(head.length == UInt64(block + 1))
            #expect(head.roots == tree.roots(ofLength: head.length))
            #expect(head.byteLength == tree.byteOffset(ofBlock: head.length))
            #expect(head.fork == 3)
        }
        #expect(nodes.count == tree.nodes.count)
        #expect(Dictionary(uniqueKeysWithValues: nodes.map { ($0.index, $0) }) == tree.nodes)
    }

    @Test func `appending in batches makes the same nodes in the same order`() throws {
        for first in 0...tree.blocks.count {
            var oneByOne = try tree.head(ofLength: UInt64(first))
            var batched = oneByOne
            let rest = Array(tree.leaves[first...])
            var expected: [TreeNode] = []
            for leaf in rest { expected += try oneByOne.append([leaf]) }

            #expect(try batched.append(rest) == expected)
            #expect(batched == oneByOne)
        }
    }

    @Test func `a child always comes before its parent`() throws {
        var head = TreeHead()
        var seen = Set<UInt64>()
        for node in try head.append(tree.leaves) {
            if let (left, right) = FlatTree.children(of: node.index) {
                #expect(seen.contains(left) && seen.contains(right))
            }
            seen.insert(node.index)
        }
    }

    @Test func `truncating gives the tree of the shorter length`() throws {
        let head = try tree.head(fork: 1)
        for length in 0...tree.length {
            #expect(try head.truncated(to: length, reading: tree.nodes) == tree.head(ofLength: length, fork: 1))
            #expect(
                try head.truncated(to: length, fork: 2, reading: tree.nodes) == tree.head(ofLength: length, fork: 2))
        }
        #expect(throws: TreeError.self) { try head.truncated(to: tree.length + 1, reading: tree.nodes) }
    }

    @Test func `truncating names the root that is not held`() throws {
        let head = try tree.head()
        var nodes = tree.nodes
        nodes[8] = nil
        let error = #expect(throws: TreeError.self) { try head.truncated(to: 5, reading: nodes) }
        #expect(error?.code == .missingNode(8))
    }

    @Test func `roots of a length are held or not`() throws {
        let head = try tree.head(ofLength: 9)
        var nodes = tree.nodes
        nodes[8] = nil
        for length: UInt64 in 0...12 {
            let needsMissing = FlatTree.roots(ofLength: length).contains(8)
            #expect(try head.holdsRoots(ofLength: length, reading: nodes) == (length <= 9 && !needsMissing))
        }
        #expect(try !head.holdsRoots(ofLength: .max, reading: nodes))
    }

    @Test func `lifting by the nodes between two lengths gives the longer tree`() throws {
        for start in 0...tree.length {
            for end in start...tree.length {
                let between = FlatTree.subtrees(covering: start..<end).map { ($0, tree[$0]) }
                let lifted = try tree.head(ofLength: start).lifted(
                    to: end, reading: Dictionary(uniqueKeysWithValues: between))
                #expect(try lifted == tree.head(ofLength: end))
            }
        }
    }

    @Test func `lifting refuses missing nodes, shorter lengths and impossible ones`() throws {
        let head = try tree.head(ofLength: 5)
        let missing = #expect(throws: TreeError.self) { try head.lifted(to: 8, reading: [10: tree[10]]) }
        #expect(missing?.code == .missingNode(13))
        let misplaced = #expect(throws: TreeError.self) { try head.lifted(to: 6, reading: [10: tree[12]]) }
        #expect(misplaced?.code == .invalidOperation)
        let shorter = #expect(throws: TreeError.self) { try head.lifted(to: 4, reading: tree.nodes) }
        #expect(shorter?.code == .invalidOperation)
        let endless = #expect(throws: TreeError.self) { try head.lifted(to: .max, reading: tree.nodes) }
        #expect(endless?.code == .invalidOperation)
    }

    @Test func `only the roots of a tree make a head`() throws {
        let roots = tree.roots(ofLength: 7)
        let head = try TreeHead(fork: 0, roots: roots)
        #expect(head.length == 7 && head.byteLength == tree.byteOffset(ofBlock: 7))
        let wrong = [
            roots.reversed(), Array(roots.dropFirst()), [tree[0], tree[2]], [tree[1], tree[4], tree[6]],
            [roots[0], roots[0]], [roots[0], roots[2]],
            [TreeNode(index: .max, size: 0, hash: .zero)],
            [TreeNode(index: 0, size: .max, hash: .zero)],
            [TreeNode(index: 2 * FlatTree.maximumLength - 1, size: 0, hash: .zero)],
        ]
        for roots in wrong {
            let error = #expect(throws: TreeError.self, "\(roots)") { try TreeHead(fork: 0, roots: roots) }
            #expect(error?.code == .invalidOperation)
        }
    }

    @Test func `an append past the largest size is refused and changes nothing`() throws {
        var head = try tree.head(ofLength: 3)
        let before = head
        let large = TreeLeaf(hash: .zero, size: FlatTree.maximumByteLength - head.byteLength)
        let small = TreeLeaf(hash: .zero, size: 1)
        for leaves in [[large, small], [small, large], [TreeLeaf(hash: .zero, size: .max)]] {
            let error = #expect(throws: TreeError.self) { try head.append(leaves) }
            #expect(error?.code == .treeTooLarge)
            #expect(head == before)
        }
        _ = try head.append([large])
        #expect(head.byteLength == FlatTree.maximumByteLength)
    }

    @Test func `an append past the largest length is refused`() throws {
        let root = TreeNode(index: FlatTree.maximumLength - 1, size: 0, hash: .zero)
        var head = try TreeHead(fork: 0, roots: [root])
        let error = #expect(throws: TreeError.self) { try head.append([TreeLeaf(hash: .zero, size: 0)]) }
        #expect(error?.code == .treeTooLarge)
    }

    @Test func `the hashing that is handed in is the one that is used`() throws {
        struct Marked: TreeHashing {
            func leaf(_ block: RawSpan) -> Bytes32 { .zero }
            func parent(size: UInt64, left: Bytes32, right: Bytes32) -> Bytes32 {
                Bytes32([UInt8](repeating: 7, count: 32))!
            }
            func tree(_ roots: [TreeNode]) -> Bytes32 { .zero }
        }
        var head = TreeHead()
        let nodes = try head.append(Array(tree.leaves.prefix(2)), hashing: Marked())
        #expect(nodes.last?.hash == Bytes32([UInt8](repeating: 7, count: 32)))
        #expect(head.treeHash(Marked()) == .zero)
    }
}
