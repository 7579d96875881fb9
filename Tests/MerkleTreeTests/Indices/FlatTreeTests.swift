import MerkleTree
import Testing

@Suite struct FlatTreeTests {
    /// Visits every subtree of a tree of 2^depth blocks from block `first` on, numbering nodes in order as it goes.
    private func visit(
        depth: Int, first: UInt64, _ body: (_ index: UInt64, _ depth: Int, _ blocks: Range<UInt64>) -> Void
    ) -> UInt64 {
        let count: UInt64 = 1 << depth
        let index = 2 * first + count - 1
        if depth > 0 {
            let left = visit(depth: depth - 1, first: first, body)
            let right = visit(depth: depth - 1, first: first + count / 2, body)
            #expect(FlatTree.children(of: index).map { [$0.left, $0.right] } == [left, right])
            #expect(FlatTree.parent(of: left) == index)
            #expect(FlatTree.parent(of: right) == index)
            #expect(FlatTree.sibling(of: left) == right)
            #expect(FlatTree.sibling(of: right) == left)
            #expect(FlatTree.isLeftChild(left) && !FlatTree.isLeftChild(right))
        }
        body(index, depth, first..<first + count)
        return index
    }

    @Test func `every node of a tree of 256 blocks is where recursion puts it`() {
        var seen = Set<UInt64>()
        let root = visit(depth: 8, first: 0) { index, depth, blocks in
            seen.insert(index)
            #expect(FlatTree.depth(of: index) == depth)
            #expect(FlatTree.offset(of: index) == blocks.lowerBound >> depth)
            #expect(FlatTree.index(depth: depth, offset: blocks.lowerBound >> depth) == index)
            #expect(FlatTree.blocks(under: index) == blocks)
            #expect(FlatTree.leftmostLeaf(under: index) == 2 * blocks.lowerBound)
            #expect(FlatTree.rightmostLeaf(under: index) == 2 * blocks.upperBound - 2)
            #expect(FlatTree.leafCount(under: index) == UInt64(blocks.count))
            #expect(FlatTree.nodeCount(under: index) == 2 * UInt64(blocks.count) - 1)
            if depth == 0 { #expect(FlatTree.children(of: index) == nil) }
        }
        #expect(seen == Set(0...2 * root))
    }

    @Test func `a node contains what its parent chain says`() {
        for ancestor: UInt64 in 0..<64 {
            for descendant: UInt64 in 0..<64 {
                var index = descendant
                while index != ancestor, FlatTree.depth(of: index) < 7 { index = FlatTree.parent(of: index) }
                #expect(FlatTree.contains(ancestor, descendant) == (index == ancestor))
            }
        }
    }

    @Test func `subtrees cover exactly their range, and no two of them could be one`() {
        for end: UInt64 in 0...64 {
            for start in 0...end {
                let subtrees = Array(FlatTree.subtrees(covering: start..<end))
                #expect(subtrees.flatMap { Array(ReferenceTree.blocks(under: $0)) } == Array(start..<end))
                for (left, right) in zip(subtrees, subtrees.dropFirst()) {
                    #expect(FlatTree.sibling(of: left) != right)
                }
                #expect(FlatTree.subtrees(covering: start..<end).count == subtrees.count)
            }
        }
    }

    @Test func `roots are those of the recursive tree`() {
        for length in 0...200 {
            let expected = ReferenceTree.rootRanges(0..<length).map(ReferenceTree.index(of:))
            #expect(Array(FlatTree.roots(ofLength: UInt64(length))) == expected)
        }
    }

    @Test func `the longest tree and its widest cover can be counted`() {
        let longest = FlatTree.maximumLength
        #expect(Array(FlatTree.roots(ofLength: longest)) == [longest - 1])
        #expect(FlatTree.depth(of: longest - 1) == FlatTree.maximumDepth)
        #expect(FlatTree.roots(ofLength: longest - 1).count == FlatTree.maximumDepth)
        #expect(FlatTree.subtrees(covering: 1..<longest - 1).count == 2 * (FlatTree.maximumDepth - 1))
        #expect(FlatTree.isIndex(2 * longest - 2))
        #expect(!FlatTree.isIndex(2 * longest - 1))
    }

    @Test func `no index traps`() {
        var indices: [UInt64] = [.max]
        for bit in 0..<64 {
            let power: UInt64 = 1 << UInt64(bit)
            indices += [power, power &- 1, power &+ 1, ~power, .max - power + 1]
        }
        for index in indices {
            _ = FlatTree.parent(of: index)
            _ = FlatTree.sibling(of: index)
            _ = FlatTree.offset(of: index)
            _ = FlatTree.nodeCount(under: index)
            _ = FlatTree.leafCount(under: index)
            _ = FlatTree.contains(index, ~index)
            #expect(FlatTree.blocks(under: index).lowerBound <= index)
            if let (left, right) = FlatTree.children(of: index) {
                #expect(FlatTree.parent(of: left) == index)
                #expect(FlatTree.parent(of: right) == index)
            }
            if let same = FlatTree.index(depth: FlatTree.depth(of: index), offset: FlatTree.offset(of: index)) {
                #expect(same == index)
            } else {
                #expect(index == .max)
            }
        }
        #expect(FlatTree.index(depth: 1, offset: 1 << 62) == nil)
        #expect(FlatTree.index(depth: -1, offset: 0) == nil)
        #expect(FlatTree.index(depth: 64, offset: 0) == nil)
    }
}
