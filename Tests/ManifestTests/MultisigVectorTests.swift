import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import TestSupport
import Testing

/// `multisig.json`: shares, what they are assembled to, and what that is worth.
@Suite struct MultisigVectorTests {
    private static let cases: Result<[Vector], any Error> = Result {
        try Vectors.load("multisig", as: Document.self).cases
    }

    @Test func theManifestAndItsKeyAreTheRecordedOnes() throws {
        for vector in try Self.cases.get() {
            let manifest = try vector.authority.manifest
            #expect(manifest.version.rawValue == vector.version)
            #expect(manifest.allowPatch == vector.allowPatch)
            #expect(manifest.signers.map(\.publicKey.bytes) == vector.signerPublicKeys.map(\.bytes32))
            #expect(manifest.encoded == vector.manifest.bytes)
            #expect(manifest.key.bytes == vector.key.bytes32)
        }
    }

    @Test func theTreeIsThatOfTheRecordedBlocks() throws {
        for vector in try Self.cases.get() {
            #expect(try vector.head.treeHash() == vector.treeHash.bytes32)
            var head = TreeHead(fork: vector.fork)
            _ = try head.append((0..<vector.targetLength).map(Vector.leaf))
            #expect(try head == vector.head)
        }
    }

    @Test func theSharesAssembleToTheRecordedBytes() throws {
        for vector in try Self.cases.get() {
            #expect(try vector.authority.assemble(vector.shares) == vector.signature.bytes)
        }
    }

    @Test func theNodesOfAPatchAreThoseThatTheTreeHolds() throws {
        for vector in try Self.cases.get() {
            var head = TreeHead()
            let nodes = try head.append((0..<vector.blocks).map(Vector.leaf))
            let reader = Dictionary(uniqueKeysWithValues: nodes.map { ($0.index, $0) })
            for patch in vector.shares.compactMap(\.patch) {
                let read = try PartialSignature.Patch(
                    from: vector.targetLength, to: vector.targetLength + patch.length, reading: reader)
                #expect(read == patch)
            }
        }
    }

    @Test func theRecordedSignatureVerifiesAndTheTamperedOnesDoNot() throws {
        for vector in try Self.cases.get() {
            #expect(try vector.accepts(vector.signature.bytes) == vector.verifies)
            for tampered in vector.tampered {
                #expect(try vector.accepts(tampered.signature.bytes) == tampered.verifies, "\(tampered.why)")
            }
        }
    }

    @Test func everyChangedBitIsRefusedUnlessItIsOneThatVerifiersIgnore() throws {
        for vector in try Self.cases.get() {
            let ignored = vector.ignoredBits
            for position in vector.signature.bytes.indices {
                for bit in UInt8(0)..<8 {
                    var bytes = vector.signature.bytes
                    bytes[position] ^= 1 << bit
                    #expect(
                        try vector.accepts(bytes) == (ignored[position, default: 0] & 1 << bit != 0),
                        "version \(vector.version), byte \(position), bit \(bit)")
                }
            }
        }
    }

    @Test func everyPrefixIsRefusedAndWhatFollowsIsIgnored() throws {
        for vector in try Self.cases.get() {
            for length in 0..<vector.signature.bytes.count {
                #expect(try !vector.accepts(Array(vector.signature.bytes.prefix(length))), "\(length) bytes")
            }
            #expect(try vector.accepts(vector.signature.bytes + [7]))
        }
    }

    @Test func anotherTreeLengthForkOrKeyIsRefused() throws {
        for vector in try Self.cases.get() {
            var otherFork = try vector.head
            otherFork.fork += 1
            #expect(try !vector.accepts(vector.signature.bytes, of: otherFork))

            var longer = try vector.head
            _ = try longer.append([Vector.leaf(vector.targetLength)])
            #expect(try !vector.accepts(vector.signature.bytes, of: longer))

            let roots = try vector.head.roots
            let changed = roots.dropLast() + [TreeNode(index: roots[roots.count - 1].index, size: 1, hash: .zero)]
            #expect(try !vector.accepts(vector.signature.bytes, of: TreeHead(fork: vector.fork, roots: Array(changed))))

            #expect(throws: ManifestError.self) {
                try TreeAuthority(key: CoreKey(.zero), manifest: CoreManifest(decoding: vector.manifest.bytes))
            }
        }
    }
}

extension MultisigVectorTests {
    struct Document: Decodable {
        let cases: [Vector]
    }

    struct Vector: Decodable {
        let version: UInt8
        let allowPatch: Bool
        let key: Hex
        let manifest: Hex
        let signerPublicKeys: [Hex]
        let blocks: UInt64
        let targetLength: UInt64
        let fork: UInt64
        let treeHash: Hex
        let roots: [Node]
        let parts: [Part]
        let signature: Hex
        let verifies: Bool
        let tampered: [Tampered]
    }

    struct Node: Decodable {
        let index: UInt64
        let size: UInt64
        let hash: Hex

        var node: TreeNode { TreeNode(index: index, size: size, hash: hash.bytes32) }
    }

    struct Part: Decodable {
        let signer: Int
        let signature: Hex
        let patch: UInt64
        let nodes: [Node]?
    }

    struct Tampered: Decodable {
        let why: String
        let signature: Hex
        let verifies: Bool
    }
}

extension MultisigVectorTests.Vector {
    var authority: TreeAuthority {
        get throws { try TreeAuthority(key: CoreKey(key.bytes32), manifest: CoreManifest(decoding: manifest.bytes)) }
    }

    var head: TreeHead {
        get throws { try TreeHead(fork: fork, roots: roots.map(\.node)) }
    }

    var shares: [PartialSignature] {
        parts.map { part in
            PartialSignature(
                signer: part.signer, signature: part.signature.bytes64,
                patch: part.nodes.map { nodes in
                    PartialSignature.Patch(
                        from: targetLength, to: targetLength + part.patch, nodes: nodes.map(\.node))
                })
        }
    }

    static func leaf(_ index: UInt64) -> TreeLeaf {
        let block = Vectors.block(index, size: 20 + Int(index))
        return TreeLeaf(hash: BLAKE2bTreeHashing().leaf(block.span.bytes), size: UInt64(block.count))
    }

    func accepts(_ signature: [UInt8], of other: TreeHead? = nil) throws -> Bool {
        try authority.accepts(signature, of: other ?? head)
    }

    /// By position, the bits of the signature field that mean nothing to a verifier; all integers in it have one byte.
    var ignoredBits: [Int: UInt8] {
        var ignored: [Int: UInt8] = [:]
        var position = 1
        for part in parts {
            guard version == 0 else {
                // signer, signature, patch
                if !allowPatch { ignored[position + 65] = 0xff }
                position += 66
                continue
            }
            // flags, signer, signature; then start, length, count, positions
            ignored[position] = 0xfe
            position += 66
            guard let nodes = part.nodes else { continue }
            ignored[position] = 0xff
            for node in nodes.indices { ignored[position + 3 + node] = 0xff }
            position += 3 + nodes.count
        }
        return ignored
    }
}
