import Crypto
import MerkleTree
import TestSupport
import Testing

@Suite struct MerkleProofVectorTests {
    let cores: [RecordedCore]

    init() throws {
        cores = try ProofVectors.load()
        #expect(!cores.isEmpty)
    }

    @Test func `trees built block by block have the recorded roots, hashes and signables`() throws {
        for core in cores {
            let tree = core.tree
            var head = TreeHead()
            var checkpoints = core.hashes.makeIterator()
            var next = checkpoints.next()
            for leaf in tree.leaves {
                _ = try head.append([leaf])
                guard let hash = next, hash.length == head.length else { continue }
                #expect(head.treeHash() == hash.treeHash.bytes32)
                #expect(core.signable(of: head) == hash.signable.bytes)
                next = checkpoints.next()
            }
            #expect(next == nil)
            #expect(head.roots == core.roots.map(\.node))
            #expect(head.length == core.length)
            #expect(head.byteLength == core.byteLength)
            #expect(core.isSigned(head, by: core.signature.bytes))
        }
    }

    @Test func `byte offsets are as recorded`() throws {
        for core in cores {
            let tree = core.tree
            let head = try tree.head()
            for (block, offset) in core.byteOffsets.enumerated() {
                #expect(try head.byteOffset(ofBlock: UInt64(block), reading: tree.nodes) == offset)
            }
        }
    }

    @Test func `seeks find the recorded block`() throws {
        for core in cores {
            let tree = core.tree
            let head = try tree.head()
            for seek in core.seeks {
                let found = try head.seek(toByte: seek.bytes, reading: tree.nodes)
                #expect(found == .found(block: seek.result[0], offset: seek.result[1]), "seek \(seek.bytes)")
            }
        }
    }

    @Test func `answers are byte for byte as recorded, and refused requests are refused`() throws {
        try forEveryExchange { core, tree, exchange in
            let request = exchange.request.proofRequest
            let head = try tree.head()
            guard let data = exchange.data else {
                let error = #expect(throws: TreeError.self) { try head.plan(request, reading: tree.nodes) }
                #expect(exchange.error == "INVALID_OPERATION" && error?.code == .invalidOperation, "\(request)")
                return
            }
            let plan = try head.plan(request, reading: tree.nodes)
            let proof = try plan.assemble(
                value: plan.block.map { tree.blocks[Int($0.index)][...] }, signature: core.signature.bytes,
                reading: tree.nodes)
            if DataMessage(proof: proof).encoded == data.bytes { return }

            // The reference leaves the seek part out for subtrees right of the first root. Ours must say the same with
            // more of the path given by the seek.
            let recorded = try DataMessage(decoding: data.bytes).proof
            let firstRoot = head.roots[0].index
            let found = try #require(plan.seek?.nodes.first, "\(request)")
            #expect(recorded.seek == nil && !FlatTree.contains(firstRoot, found), "\(request)")
            #expect(proof.upgrade == recorded.upgrade)
            let everything = Set(proof.nodes + (recorded.block?.nodes ?? []) + (recorded.hash?.nodes ?? []))
            for node in everything { #expect(node == tree[node.index]) }
            var requester = try core.requester(for: request, of: tree)
            try requester.receive(proof, signed: head)
        }
    }

    @Test func `a requester that holds what its request implies verifies the recorded answer`() throws {
        try forEveryExchange { core, tree, exchange in
            guard let data = exchange.data else { return }
            let request = exchange.request.proofRequest
            let message = try DataMessage(decoding: data.bytes)
            #expect(message.encoded == data.bytes)
            let requester = try core.requester(for: request, of: tree)

            let verified = try requester.head.verify(message.proof, reading: requester.nodes)
                .accept(ifSigned: core.isSigned)

            for node in verified.nodes { #expect(node == tree[node.index]) }
            #expect(verified.upgrade?.head == (request.upgrade == nil ? nil : try tree.head()))
            #expect(verified.block?.index == request.block?.index)
            if let block = verified.block { #expect(Array(block.value) == tree.blocks[Int(block.index)]) }
            if let hash = request.hash { #expect(verified.hash == tree[hash.index]) }
        }
    }

    private func forEveryExchange(
        _ body: (RecordedCore, ReferenceTree, RecordedCore.Exchange) throws -> Void
    ) throws {
        for core in cores {
            let tree = core.tree
            for exchange in core.proofs { try body(core, tree, exchange) }
        }
    }
}

extension Proof {
    /// All nodes of the proof.
    var nodes: [TreeNode] {
        (block?.nodes ?? []) + (hash?.nodes ?? []) + (seek?.nodes ?? []) + (upgrade?.nodes ?? [])
            + (upgrade?.additionalNodes ?? [])
    }
}
