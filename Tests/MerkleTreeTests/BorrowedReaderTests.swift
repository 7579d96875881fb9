import Crypto
import MerkleTree
import Testing

/// A reader over nodes that it only borrows, as one over a storage snapshot does.
private struct BorrowedNodes: NodeReader, ~Escapable {
    let nodes: Span<TreeNode>

    @_lifetime(copy nodes)
    init(_ nodes: Span<TreeNode>) {
        self.nodes = nodes
    }

    func node(at index: UInt64) -> TreeNode? {
        nodes.indices.first { nodes[$0].index == index }.map { nodes[$0] }
    }
}

@Suite struct BorrowedReaderTests {
    @Test func `every operation reads through a borrowed reader`() throws {
        let tree = ReferenceTree(sizes: (0..<8).map { $0 + 1 })
        let nodes = Array(tree.nodes.values)
        let reader = BorrowedNodes(nodes.span)
        let head = try TreeHead(fork: 0, length: 8, reading: reader)
        let shorter = try head.truncated(to: 5, reading: reader)
        let request = ProofRequest(
            block: .init(index: 6, nodes: 0), upgrade: .init(start: shorter.length, length: 3))
        let proof = try head.plan(request, reading: reader).assemble(value: tree.blocks[6][...], reading: reader)

        #expect(try shorter.verify(proof, reading: reader).accept { _, _ in true }.upgrade?.head == head)
        #expect(try shorter.lifted(to: 8, reading: reader) == head)
        #expect(try head.byteOffset(ofBlock: 3, reading: reader) == 6)
        #expect(try head.seek(toByte: 7, reading: reader) == .found(block: 3, offset: 1))
        #expect(try head.missingNodes(fromBlock: 3, reading: reader) == 0)
        #expect(try head.holdsRoots(ofLength: 3, reading: reader))
        #expect(try ReorgSearch(for: head, ownLength: 8, reading: reader).ancestorLength == 8)
    }
}
