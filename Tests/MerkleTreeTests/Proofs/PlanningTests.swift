import Crypto
import MerkleTree
import Testing

@Suite struct PlanningTests {
    let answerer: Answerer

    init() throws {
        answerer = try Answerer(ReferenceTree(sizes: (0..<13).map { $0 % 5 }))
    }

    private func expectRefused(_ request: ProofRequest, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: TreeError.self, sourceLocation: sourceLocation) { try answerer.answer(request) }
        #expect(error?.code == .invalidOperation, sourceLocation: sourceLocation)
    }

    @Test func `an empty request has an empty answer, whatever the tree`() throws {
        #expect(try answerer.answer(ProofRequest()) == Proof())
        #expect(try Answerer(ReferenceTree([])).answer(ProofRequest()) == Proof())
    }

    @Test func `a path that climbs out of the tree is refused`() {
        expectRefused(ProofRequest(block: .init(index: 0, nodes: 4)))
        expectRefused(ProofRequest(block: .init(index: 12, nodes: 1)))
        expectRefused(ProofRequest(block: .init(index: 8, nodes: 3)))
        expectRefused(ProofRequest(hash: .init(index: 7, nodes: 1)))
        expectRefused(ProofRequest(block: .init(index: 0, nodes: .max)))
        // Beside an upgrade, only the tree as long as asked counts.
        expectRefused(ProofRequest(block: .init(index: 0, nodes: 3), upgrade: .init(start: 4, length: 3)))
    }

    @Test func `blocks and nodes past the end are refused`() {
        for index: UInt64 in [13, 14, 1 << 52, 1 << 53, .max] {
            expectRefused(ProofRequest(block: .init(index: index, nodes: 0)))
        }
        for index: UInt64 in [15, 23, 25, 26, (1 << 53) - 1, 1 << 53, .max - 1, .max] {
            expectRefused(ProofRequest(hash: .init(index: index, nodes: 0)))
        }
    }

    @Test func `upgrades past the end, of nothing, or beyond counting are refused`() {
        expectRefused(ProofRequest(upgrade: .init(start: 0, length: 14)))
        expectRefused(ProofRequest(upgrade: .init(start: 13, length: 1)))
        expectRefused(ProofRequest(upgrade: .init(start: 13, length: 0)))
        expectRefused(ProofRequest(upgrade: .init(start: 3, length: 0)))
        expectRefused(ProofRequest(upgrade: .init(start: 1, length: .max)))
        expectRefused(ProofRequest(upgrade: .init(start: .max, length: .max)))
    }

    @Test func `a seek beside a block or hash inside the upgrade is refused`() {
        let upgrade = ProofRequest.Upgrade(start: 4, length: 9)
        expectRefused(ProofRequest(block: .init(index: 4, nodes: 0), seek: .init(bytes: 0), upgrade: upgrade))
        expectRefused(ProofRequest(block: .init(index: .max, nodes: 0), seek: .init(bytes: 0), upgrade: upgrade))
        expectRefused(ProofRequest(hash: .init(index: 9, nodes: 0), seek: .init(bytes: 0), upgrade: upgrade))
        expectRefused(ProofRequest(hash: .init(index: 7, nodes: 0), seek: .init(bytes: 0), upgrade: upgrade))
    }

    @Test func `parts without a place are left out and the rest is answered`() throws {
        let upgrade = ProofRequest.Upgrade(start: 3, length: 4)
        let alone = try answerer.answer(ProofRequest(upgrade: upgrade))
        for block: UInt64 in [7, 12, 13, 1 << 60, .max] {
            let request = ProofRequest(block: .init(index: block, nodes: 0), upgrade: upgrade)
            #expect(try answerer.answer(request) == alone)
        }
        for hash: UInt64 in [3, 7, 14, 1 << 60, .max] {
            #expect(try answerer.answer(ProofRequest(hash: .init(index: hash, nodes: 0), upgrade: upgrade)) == alone)
        }
        #expect(try answerer.answer(ProofRequest(seek: .init(bytes: .max), upgrade: upgrade)) == alone)
        #expect(try answerer.answer(ProofRequest(seek: .init(bytes: 0))) == Proof())
    }

    @Test func `a hash beside a block is left out`() throws {
        let block = ProofRequest.Node(index: 3, nodes: 1)
        #expect(
            try answerer.answer(ProofRequest(block: block, hash: .init(index: 3, nodes: 0)))
                == answerer.answer(ProofRequest(block: block)))
    }

    /// PROTOCOL §4, Seek root.
    @Test func `a seek stands in for the sibling above what it found, and for nothing else`() throws {
        let tree = answerer.tree
        func parts(_ request: ProofRequest) throws -> (hash: [UInt64]?, seek: [UInt64]?) {
            let proof = try answerer.answer(request)
            return (proof.hash?.nodes.map(\.index), proof.seek?.nodes.map(\.index))
        }
        func seek(toBlock block: UInt64, plus offset: UInt64) -> ProofRequest.Seek {
            .init(bytes: tree.byteOffset(ofBlock: block) + offset)
        }
        let path = ProofRequest.Node(index: 12, nodes: 3)

        // Block 2 has two bytes: its second lies below node 3, in node 5, which is the right one of 3's two.
        var found = try parts(ProofRequest(hash: path, seek: seek(toBlock: 2, plus: 1)))
        #expect(found.hash == [12, 14, 9] && found.seek == [4, 6, 1])

        // Where a left subtree ends, that subtree was found; here it is 1.
        found = try parts(ProofRequest(hash: path, seek: seek(toBlock: 2, plus: 0)))
        #expect(found.hash == [12, 14, 9] && found.seek == [1, 5])

        // Found is a sibling on the path itself: 9, which ends where 13 begins.
        found = try parts(ProofRequest(hash: path, seek: seek(toBlock: 6, plus: 0)))
        #expect(found.hash == [12, 14, 9, 3] && found.seek == nil)

        // At the start of the proven subtree the whole of it was found.
        found = try parts(ProofRequest(hash: path, seek: .init(bytes: 0)))
        #expect(found.hash == [12, 14, 9, 3] && found.seek == nil)

        // With an upgrade, the start of the tree is its first root.
        let upgrade = try answerer.answer(ProofRequest(seek: .init(bytes: 0), upgrade: .init(start: 0, length: 13)))
        #expect(upgrade.seek?.nodes.map(\.index) == [7])
    }

    @Test func `an upgrade from below the prologue covers it from block 0`() throws {
        for start: UInt64 in 0..<13 {
            let request = ProofRequest(upgrade: .init(start: start, length: 13 - start))
            let upgrade = try answerer.answer(request, prologueLength: 6).upgrade
            if start < 6 {
                #expect(upgrade?.start == 0 && upgrade?.length == 6)
                #expect(upgrade?.nodes.map(\.index) == Array(FlatTree.roots(ofLength: 6)))
                #expect(upgrade?.additionalNodes.map(\.index) == Array(FlatTree.subtrees(covering: 6..<13)))
            } else {
                #expect(upgrade?.start == start && upgrade?.length == 13 - start)
            }
        }
    }

    @Test func `a requester takes the tree of a prologue for the one it asked`() throws {
        for length in 1...13 {
            for prologue in 1...length {
                let answerer = try Answerer(ReferenceTree(sizes: (0..<length).map { $0 % 5 }))
                for block in 0..<length {
                    var requester = try Requester(answerer.tree, length: 0)
                    let request = ProofRequest(
                        block: .init(index: UInt64(block), nodes: 0), upgrade: .init(start: 0, length: UInt64(length)))
                    let proof = try answerer.answer(request, prologueLength: UInt64(prologue))
                    let verified = try requester.receive(proof, signed: answerer.head)
                    #expect(requester.head == answerer.head)
                    #expect((verified.block != nil) == (block < prologue))
                }
            }
        }
    }

    @Test func `a plan names the nodes it fetches, and the fetch names the one that is missing`() throws {
        let tree = answerer.tree
        let request = ProofRequest(
            block: .init(index: 2, nodes: 2), seek: .init(bytes: 2), upgrade: .init(start: 4, length: 5))
        let plan = try answerer.head.plan(request, reading: tree.nodes)
        let value = tree.blocks[2][...]
        let proof = try plan.assemble(value: value, reading: tree.nodes)
        #expect(plan.nodes == proof.nodes.map(\.index))
        for index in plan.nodes {
            var nodes = tree.nodes
            nodes[index] = nil
            let error = #expect(throws: TreeError.self) { try plan.assemble(value: value, reading: nodes) }
            #expect(error?.code == .missingNode(index))
        }
    }
}
