import MerkleTree
import TestSupport
import Testing

@Suite struct FlatTreeVectorTests {
    struct Document: Decodable {
        struct Case: Decodable {
            let index: UInt64, depth: Int, offset: UInt64, parent: UInt64, sibling: UInt64
            let children: [UInt64]?
            let spans: [UInt64]
            let leafCount: UInt64, nodeCount: UInt64
        }
        struct Roots: Decodable { let length: UInt64, fullRoots: [UInt64] }
        let cases: [Case]
        let roots: [Roots]
    }

    let document: Document

    init() throws {
        document = try Vectors.load("flat-tree")
    }

    @Test func `index arithmetic is as recorded`() {
        #expect(!document.cases.isEmpty)
        for each in document.cases {
            #expect(FlatTree.depth(of: each.index) == each.depth)
            #expect(FlatTree.offset(of: each.index) == each.offset)
            #expect(FlatTree.index(depth: each.depth, offset: each.offset) == each.index)
            #expect(FlatTree.parent(of: each.index) == each.parent)
            #expect(FlatTree.sibling(of: each.index) == each.sibling)
            #expect(FlatTree.children(of: each.index).map { [$0.left, $0.right] } == each.children)
            #expect(FlatTree.leftmostLeaf(under: each.index) == each.spans[0])
            #expect(FlatTree.rightmostLeaf(under: each.index) == each.spans[1])
            #expect(FlatTree.leafCount(under: each.index) == each.leafCount)
            #expect(FlatTree.nodeCount(under: each.index) == each.nodeCount)
        }
    }

    @Test func `roots are as recorded`() {
        #expect(!document.roots.isEmpty)
        for each in document.roots {
            #expect(Array(FlatTree.roots(ofLength: each.length)) == each.fullRoots)
        }
    }
}
