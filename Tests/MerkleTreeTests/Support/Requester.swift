import Crypto
import MerkleTree

/// A peer that holds a part of a tree: what it asks, and what it makes of the answers.
struct Requester {
    var head: TreeHead
    var nodes: [UInt64: TreeNode]
    var blocks: Set<UInt64> = []

    /// A peer that knows the first `length` blocks by their roots alone.
    init(_ tree: ReferenceTree, length: UInt64, fork: UInt64 = 0) throws {
        head = try tree.head(ofLength: length, fork: fork)
        nodes = Dictionary(uniqueKeysWithValues: head.roots.map { ($0.index, $0) })
    }

    func request(block: UInt64) throws -> ProofRequest.Node {
        ProofRequest.Node(index: block, nodes: try head.missingNodes(fromBlock: block, reading: nodes))
    }

    func request(hash index: UInt64) throws -> ProofRequest.Node {
        ProofRequest.Node(index: index, nodes: try head.missingNodes(fromNode: index, reading: nodes))
    }

    /// Verifies and stores. The signature counts as valid where the tree is `signed`.
    @discardableResult
    mutating func receive(_ proof: Proof, signed: TreeHead) throws -> VerifiedProof {
        let verified = try head.verify(proof, reading: nodes).accept { head, _ in head == signed }
        for node in verified.nodes { nodes[node.index] = node }
        if let block = verified.block { blocks.insert(block.index) }
        if let upgrade = verified.upgrade { head = upgrade.head }
        return verified
    }
}

/// A peer that holds a whole tree.
struct Answerer {
    let tree: ReferenceTree
    let head: TreeHead

    init(_ tree: ReferenceTree, fork: UInt64 = 0) throws {
        self.tree = tree
        head = try tree.head(fork: fork)
    }

    func answer(_ request: ProofRequest, prologueLength: UInt64 = 0) throws -> Proof {
        let plan = try head.plan(request, prologueLength: prologueLength, reading: tree.nodes)
        let value = plan.block.map { tree.blocks[Int($0.index)][...] }
        return try plan.assemble(value: value, signature: [1], reading: tree.nodes)
    }
}
