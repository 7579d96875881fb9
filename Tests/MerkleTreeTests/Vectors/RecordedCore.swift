import CompactEncoding
import Crypto
import MerkleTree
import TestSupport

/// `merkle-proofs.json`: cores, and what a peer that holds them answered.
struct ProofVectors: Decodable {
    let cores: [RecordedCore]

    static func load() throws -> [RecordedCore] {
        try Vectors.load("merkle-proofs", as: ProofVectors.self).cores
    }
}

struct RecordedCore: Decodable {
    let length: UInt64
    let keyPair: Keys
    let key: Hex
    let sizes: [Int]
    let byteLength: UInt64
    let signature: Hex
    let roots: [Node]
    let byteOffsets: [UInt64]
    let seeks: [Seek]
    let hashes: [Hash]
    let proofs: [Exchange]

    struct Keys: Decodable { let publicKey: Hex }

    struct Node: Decodable {
        let index: UInt64
        let size: UInt64
        let hash: Hex
        var node: TreeNode { TreeNode(index: index, size: size, hash: hash.bytes32) }
    }

    struct Seek: Decodable {
        let bytes: UInt64
        let result: [UInt64]
    }

    struct Hash: Decodable {
        let length: UInt64
        let treeHash: Hex
        let signable: Hex
    }

    /// A request, and either the `data` message that answered it or why it was refused.
    struct Exchange: Decodable, Hashable {
        let request: Request
        let data: Hex?
        let error: String?
    }

    struct Request: Decodable, Hashable {
        struct Node: Decodable, Hashable { let index: UInt64, nodes: UInt64 }
        struct Seek: Decodable, Hashable { let bytes: UInt64, padding: UInt64? }
        struct Upgrade: Decodable, Hashable { let start: UInt64, length: UInt64 }
        let block: Node?
        let hash: Node?
        let seek: Seek?
        let upgrade: Upgrade?

        var proofRequest: ProofRequest {
            ProofRequest(
                block: block.map { ProofRequest.Node(index: $0.index, nodes: $0.nodes) },
                hash: hash.map { ProofRequest.Node(index: $0.index, nodes: $0.nodes) },
                seek: seek.map { ProofRequest.Seek(bytes: $0.bytes, padding: $0.padding ?? 0) },
                upgrade: upgrade.map { ProofRequest.Upgrade(start: $0.start, length: $0.length) })
        }
    }

    var tree: ReferenceTree {
        ReferenceTree(sizes.enumerated().map { index, size in Vectors.block(UInt64(index), size: size) })
    }

    /// What the signers of a version 1 manifest sign (PROTOCOL §3).
    func signable(of head: TreeHead) -> [UInt8] {
        var writer = ByteWriter()
        writer.fixed32(Namespaces.Log.tree)
        writer.raw(key.bytes)
        writer.fixed32(head.treeHash())
        writer.uint64(head.length)
        writer.uint64(head.fork)
        return writer.bytes
    }

    /// Checks the signature of a version 1 manifest with one signer: `01 00 ‖ signature ‖ 00 00`.
    func isSigned(_ head: TreeHead, by signature: [UInt8]?) -> Bool {
        guard let signature, signature.count == 68, signature.starts(with: [1, 0]), signature.suffix(2) == [0, 0],
            let inner = Bytes64(signature[2..<66])
        else { return false }
        return PublicKey(keyPair.publicKey.bytes32).verifies(inner, of: signable(of: head))
    }

    /// Exactly what a request implies that its sender holds: the tree up to the upgrade by its roots, and the node
    /// that the asked path is to end at.
    func requester(for request: ProofRequest, of tree: ReferenceTree) throws -> Requester {
        var requester = try Requester(tree, length: request.upgrade?.start ?? length)
        let path = request.block.map { (2 * $0.index, $0.nodes) } ?? request.hash.map { ($0.index, $0.nodes) }
        if var (index, missing) = path, FlatTree.blocks(under: index).upperBound <= requester.head.length {
            while missing > 0 {
                index = FlatTree.parent(of: index)
                missing -= 1
            }
            requester.nodes[index] = tree[index]
        }
        return requester
    }
}
