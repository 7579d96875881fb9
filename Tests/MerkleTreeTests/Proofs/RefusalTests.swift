import CompactEncoding
import Crypto
import MerkleTree
import Synchronization
import Testing

/// What verification says to proofs that are wrong, hostile or late.
@Suite struct RefusalTests {
    let tree = ReferenceTree(sizes: (0..<13).map { $0 % 5 + 1 })
    let answerer: Answerer

    init() throws {
        answerer = try Answerer(tree)
    }

    private func code(
        of proof: Proof, length: UInt64 = 13, knowing nodes: [UInt64] = [], isSigned: Bool = true
    ) throws -> TreeError.Code? {
        var requester = try Requester(tree, length: length)
        for index in nodes { requester.nodes[index] = tree[index] }
        do {
            _ = try requester.head.verify(proof, reading: requester.nodes).accept { _, _ in isSigned }
            return nil
        } catch let error as TreeError {
            return error.code
        }
    }

    // MARK: Kinds

    @Test func `a missing, a misplaced and an unknown node are invalid operations`() throws {
        let proof = try answerer.answer(ProofRequest(block: .init(index: 5, nodes: 3)))
        #expect(try code(of: proof) == nil)

        var missing = proof
        missing.block?.nodes.removeLast()
        #expect(try code(of: missing) == .invalidOperation)

        var misplaced = proof
        misplaced.block?.nodes.swapAt(0, 1)
        #expect(try code(of: misplaced) == .invalidOperation)

        var unknown = proof
        unknown.block?.nodes.removeAll()
        #expect(try code(of: unknown) == .invalidOperation)
    }

    @Test func `a hash that differs is an invalid checksum`() throws {
        var proof = try answerer.answer(ProofRequest(block: .init(index: 5, nodes: 3)))
        proof.block?.nodes[1].hash = .zero
        #expect(try code(of: proof) == .invalidChecksum)
    }

    @Test func `an unsigned tree is an invalid signature, and a check's own error is passed on`() throws {
        let proof = try answerer.answer(ProofRequest(upgrade: .init(start: 5, length: 8)))
        #expect(try code(of: proof, length: 5, isSigned: false) == .invalidSignature)
        let verdict = try tree.head(ofLength: 5).verify(proof, reading: tree.nodes)
        let error = #expect(throws: TreeError.self) {
            try verdict.accept { _, _ in throw TreeError(.invalidProof, "too short for its prologue") }
        }
        #expect(error?.code == .invalidProof)
    }

    @Test func `a block and a hash at once are refused`() throws {
        var proof = try answerer.answer(ProofRequest(block: .init(index: 5, nodes: 3)))
        proof.hash = try answerer.answer(ProofRequest(hash: .init(index: 10, nodes: 3))).hash
        #expect(try code(of: proof) == .invalidOperation)
    }

    @Test func `a seek that the block's path does not pass is refused`() throws {
        var proof = try answerer.answer(ProofRequest(block: .init(index: 5, nodes: 3)))
        proof.seek = Proof.Seek(bytes: 40, nodes: [tree[24]])
        #expect(try code(of: proof) == .invalidOperation)
        proof.seek = Proof.Seek(bytes: 0, nodes: [tree[10]])
        #expect(try code(of: proof) == .invalidOperation)
    }

    @Test func `additional nodes have to be the fewest`() throws {
        var proof = try answerer.answer(ProofRequest(upgrade: .init(start: 0, length: 4)))
        #expect(proof.upgrade?.additionalNodes.map(\.index) == [11, 19, 24])
        #expect(try code(of: proof, length: 0) == nil)
        proof.upgrade?.additionalNodes = [8, 10, 13, 19, 24].map { tree[$0] }
        #expect(try code(of: proof, length: 0) == .invalidOperation)
    }

    @Test func `a node that is stored past our end proves nothing`() throws {
        let proof = try answerer.answer(ProofRequest(block: .init(index: 5, nodes: 1)))
        // Node 9 holds blocks 4 and 5: stored by a history that was given up, it is no node of a tree of 5 blocks.
        #expect(try code(of: proof, length: 5, knowing: [9]) == .invalidOperation)
        #expect(try code(of: proof, length: 6, knowing: [9]) == nil)
    }

    // MARK: Sizes

    @Test func `a size that was shared out wrongly is put right by the first block below`() throws {
        var requester = try Requester(tree, length: 13)
        var lie = try answerer.answer(ProofRequest(hash: .init(index: 10, nodes: 3)))
        lie.hash?.nodes[0].size += 1
        lie.hash?.nodes[1].size -= 1
        // The sum and the hashes are right, which is all that such a proof can show.
        try requester.receive(lie, signed: answerer.head)
        #expect(requester.nodes[10] != tree[10])

        try requester.receive(answerer.answer(ProofRequest(block: .init(index: 5, nodes: 0))), signed: answerer.head)
        #expect(requester.nodes[10] == tree[10])
    }

    @Test func `a received node is refused where only its size differs`() throws {
        var proof = try answerer.answer(ProofRequest(hash: .init(index: 10, nodes: 0)))
        #expect(try code(of: proof, knowing: [10]) == nil)
        proof.hash?.nodes[0].size += 1
        #expect(try code(of: proof, knowing: [10]) == .invalidChecksum)
    }

    // MARK: Hostile numbers

    private let extremes: [UInt64] = [
        1 << 51, (1 << 52) - 1, 1 << 52, (1 << 53) - 2, (1 << 53) - 1, 1 << 53, 1 << 62, (1 << 63) - 1, 1 << 63,
        .max - 1, .max,
    ]

    @Test func `no index, size or length traps`() throws {
        for number in extremes {
            for size: UInt64 in [0, 1, (1 << 53) - 1, 1 << 53, .max] {
                let node = TreeNode(index: number, size: size, hash: .zero)
                let sibling = TreeNode(index: FlatTree.sibling(of: number), size: size, hash: .zero)
                let upgrade = Proof.Upgrade(start: 0, length: 1, nodes: [], additionalNodes: [], signature: nil)
                let proofs = [
                    Proof(block: .init(index: number, value: [], nodes: [sibling])),
                    Proof(
                        block: .init(index: number, value: [], nodes: [sibling]),
                        seek: .init(bytes: number, nodes: [node])),
                    Proof(hash: .init(index: number, nodes: [node, sibling])),
                    Proof(hash: .init(index: number, nodes: [node])),
                    Proof(hash: .init(index: number, nodes: [])),
                    Proof(seek: .init(bytes: number, nodes: [node, sibling])),
                    Proof(hash: .init(index: number, nodes: [node]), upgrade: upgrade),
                    Proof(
                        upgrade: .init(
                            start: number, length: number, nodes: [node], additionalNodes: [], signature: nil)),
                    Proof(upgrade: .init(start: 0, length: number, nodes: [node], additionalNodes: [], signature: nil)),
                    Proof(
                        upgrade: .init(
                            start: 13, length: number, nodes: [node, sibling], additionalNodes: [], signature: nil)),
                    Proof(
                        upgrade: .init(
                            start: 0, length: 1, nodes: [tree[0]], additionalNodes: [node, sibling], signature: nil)),
                ]
                for proof in proofs {
                    for length: UInt64 in [0, 13] {
                        #expect(try code(of: proof, length: length) != nil, "\(proof)")
                    }
                }
            }
        }
    }

    @Test func `sizes that add up to more than can be counted are refused`() throws {
        for size in [FlatTree.maximumByteLength, 1 << 63, .max] {
            var proof = try answerer.answer(ProofRequest(block: .init(index: 5, nodes: 3)))
            proof.block?.nodes[0].size = size
            #expect(try code(of: proof) == .invalidOperation)

            var upgrade = try answerer.answer(ProofRequest(upgrade: .init(start: 5, length: 8)))
            upgrade.upgrade?.nodes[0].size = size
            #expect(try code(of: upgrade, length: 5) == .invalidOperation)
        }
    }

    @Test func `a million nodes cost no more than a path`() throws {
        let counter = CountingHashing()
        func expectRefused(_ proof: Proof, length: UInt64 = 13, sourceLocation: SourceLocation = #_sourceLocation)
            throws
        {
            let requester = try Requester(tree, length: length)
            counter.count.store(0, ordering: .relaxed)
            let error = #expect(throws: TreeError.self, sourceLocation: sourceLocation) {
                try requester.head.verify(proof, reading: requester.nodes, hashing: counter)
            }
            #expect(error?.code == .invalidOperation, sourceLocation: sourceLocation)
            #expect(counter.count.load(ordering: .relaxed) <= 64, sourceLocation: sourceLocation)
        }
        // Every node is the next sibling on the way up, past any tree and then at the topmost index for ever.
        let path = sequence(first: UInt64(0), next: { FlatTree.parent(of: $0) }).prefix(1_000_000).map {
            TreeNode(index: FlatTree.sibling(of: $0), size: 0, hash: .zero)
        }
        try expectRefused(Proof(block: .init(index: 0, value: [], nodes: path)))
        try expectRefused(Proof(hash: .init(index: 0, nodes: [tree[0]] + path)))
        try expectRefused(Proof(seek: .init(bytes: 0, nodes: [tree[0]] + path)))

        var proof = try answerer.answer(ProofRequest(upgrade: .init(start: 5, length: 3)))
        proof.upgrade?.additionalNodes += path
        try expectRefused(proof, length: 5)
        proof.upgrade?.additionalNodes = (0..<1_000_000).map { TreeNode(index: 16 + 2 * $0, size: 0, hash: .zero) }
        try expectRefused(proof, length: 5)
    }
}

/// Counts the hashes that a verification costs.
private final class CountingHashing: TreeHashing {
    let count = Atomic(0)
    private let hashing = BLAKE2bTreeHashing()

    func leaf(_ block: RawSpan) -> Bytes32 {
        count.add(1, ordering: .relaxed)
        return hashing.leaf(block)
    }

    func parent(size: UInt64, left: Bytes32, right: Bytes32) -> Bytes32 {
        count.add(1, ordering: .relaxed)
        return hashing.parent(size: size, left: left, right: right)
    }

    func tree(_ roots: [TreeNode]) -> Bytes32 { hashing.tree(roots) }
}
