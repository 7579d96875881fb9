import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import Replication
import TestSupport
import Testing

/// `fully-remote-proof.json`, both ways.
@Suite struct FullyRemoteProofVectorTests {
    private static let document: Result<Document, any Error> = Result { try Vectors.load("fully-remote-proof") }

    @Test func everyProofVerifiesAgainstTheStoredManifest() throws {
        let document = try Self.document.get()
        for vector in document.cases {
            let proof = try FullyRemoteProof(decoding: vector.proof.bytes[...])
            let verified = try proof.verify(by: try vector.authority(document.key))
            #expect(verified.head.length == document.length)
            #expect(verified.head.fork == 0)
            #expect(verified.block?.index == (vector.withBlock ? vector.index : nil))
            let block = vector.index.map { Vectors.block($0, size: document.blockSize) }
            #expect(verified.block.map { Array($0.value) } == (vector.withBlock ? block : nil))
        }
    }

    @Test func everyProofIsWrittenAsItWasRead() throws {
        let document = try Self.document.get()
        for vector in document.cases {
            let proof = try FullyRemoteProof(decoding: vector.proof.bytes[...])
            let made = FullyRemoteProof(
                proof.data.proof, fork: proof.data.fork, of: try vector.authority(document.key))
            #expect(made == proof)
            #expect(made.encoded == vector.proof.bytes)
        }
    }

    @Test func noChangedBitProvesAnythingElse() throws {
        let document = try Self.document.get()
        for vector in document.cases {
            let authority = try vector.authority(document.key)
            let original = try FullyRemoteProof(decoding: vector.proof.bytes[...]).verify(by: authority)
            for position in vector.proof.bytes.indices {
                // Two or three bits of each byte, in turn: most cost the check of a signature.
                for bit in stride(from: UInt8(position % 3), to: 8, by: 3) {
                    var bytes = vector.proof.bytes
                    bytes[position] ^= 1 << bit
                    guard let proof = try? FullyRemoteProof(decoding: bytes[...]),
                        let verified = try? proof.verify(by: authority)
                    else { continue }
                    #expect(vector.isMeaningless(position, bit), "byte \(position), bit \(bit)")
                    #expect(verified == original, "byte \(position), bit \(bit)")
                }
            }
        }
    }

    @Test func everyCutIsRefused() throws {
        let document = try Self.document.get()
        for vector in document.cases {
            for length in vector.proof.bytes.indices {
                #expect(throws: CompactDecodingError.self) {
                    try FullyRemoteProof(decoding: vector.proof.bytes.prefix(length))
                }
            }
        }
    }

    @Test func anotherCoresAuthorityRefusesTheProof() throws {
        let document = try Self.document.get()
        let other = TreeAuthority(manifest: CoreManifest(singleSigner: KeyPair().publicKey))
        for vector in document.cases {
            let proof = try FullyRemoteProof(decoding: vector.proof.bytes[...])
            let error = #expect(throws: ManifestError.self) { try proof.verify(by: other) }
            #expect(error?.code == .foreignManifest)
        }
    }
}

extension FullyRemoteProofVectorTests {
    struct Document: Decodable {
        let key: Hex
        let length: UInt64
        let blockSize: Int
        let cases: [Vector]
    }

    struct Vector: Decodable {
        let index: UInt64?
        let withBlock: Bool
        let proof: Hex

        /// What a receiver has stored of the core, here taken from the proof and held against the recorded key.
        func authority(_ key: Hex) throws -> TreeAuthority {
            let manifest = try CoreManifest(decoding: Array(proof.bytes[manifestOffset...]))
            return try TreeAuthority(key: CoreKey(key.bytes32), manifest: manifest)
        }

        /// The manifest of one signer ends the proof: five numbers of a byte, the signer's kind, and its two keys.
        private var manifestOffset: Int { proof.bytes.count - 70 }

        /// Whether this bit says nothing about the tree: of the request's id, of a flag that is not known or speaks of the
        /// manifest, of the manifest itself, or of a patch, which this manifest does not allow.
        func isMeaningless(_ position: Int, _ bit: UInt8) -> Bool {
            let patch = manifestOffset - 2
            return position == 33 || position == 32 && bit >= 4 || position == patch || position >= manifestOffset
        }
    }
}

@Suite struct FullyRemoteProofTests {
    private let keyPair = KeyPair(seed: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
    private let head: TreeHead
    private let upgrade: Proof.Upgrade

    init() throws {
        var head = TreeHead(fork: 2)
        let leaves = (0..<4).map { TreeLeaf(hash: BLAKE2b.hash([UInt8($0)]), size: 1) }
        _ = try head.append(leaves)
        self.head = head
        upgrade = Proof.Upgrade(start: 0, length: 4, nodes: head.roots, additionalNodes: [], signature: nil)
    }

    @Test func aProofOfASignedTreeVerifies() throws {
        let authority = TreeAuthority(manifest: CoreManifest(singleSigner: keyPair.publicKey))
        #expect(try proof(signedBy: authority).verify(by: authority).head == head)
    }

    @Test func aQuorumHasToBeReached() throws {
        let other = KeyPair()
        let authority = TreeAuthority(
            manifest: try CoreManifest(signers: [keyPair, other].map { ManifestSigner(publicKey: $0.publicKey) }))
        let share = try TreeSigner(authority, signer: keyPair).share(of: TreeStatement(head))
        var upgrade = upgrade
        upgrade.signature = [1, 0] + share.signature.array + [0, 0]
        let lone = FullyRemoteProof(Proof(upgrade: upgrade), fork: 2, of: authority)
        #expect(throws: ManifestError.self) { try lone.verify(by: authority) }
        let shares = [share, try TreeSigner(authority, signer: other).share(of: TreeStatement(head))]
        upgrade.signature = try authority.assemble(shares)
        let both = FullyRemoteProof(Proof(upgrade: upgrade), fork: 2, of: authority)
        #expect(try both.verify(by: authority).head == head)
    }

    @Test func coresFromBeforeManifestsAndStaticOnesAreNotVerified() throws {
        let compat = TreeAuthority(assumedFor: CoreKey(keyPair.publicKey.bytes))
        let prologue = CoreManifest.Prologue(hash: head.treeHash(), length: head.length)
        let fixed = TreeAuthority(manifest: try .static(prologue))
        for authority in [compat, fixed] {
            let proof = FullyRemoteProof(Proof(upgrade: upgrade), fork: 2, of: authority)
            let error = #expect(throws: ManifestError.self) { try proof.verify(by: authority) }
            #expect(error?.code == .unknownSigner)
        }
    }

    @Test func aBlockThatTheUpgradeDoesNotHoldIsRefused() throws {
        let authority = TreeAuthority(manifest: CoreManifest(singleSigner: keyPair.publicKey))
        var parts = try proof(signedBy: authority).data.proof
        parts.block = Proof.Block(index: 9, value: [1], nodes: [])
        let proof = FullyRemoteProof(parts, fork: 2, of: authority)
        #expect(throws: TreeError.self) { try proof.verify(by: authority) }
    }

    @Test func aProofWithoutAnUpgradeIsRefused() throws {
        let authority = TreeAuthority(manifest: CoreManifest(singleSigner: keyPair.publicKey))
        var writer = ByteWriter()
        writer.fixed32(authority.key.discoveryKey.bytes)
        DataMessage(request: 0, fork: 0, manifest: authority.manifest).encode(into: &writer)
        let proof = try FullyRemoteProof(decoding: writer.take()[...])
        #expect(throws: TreeError.self) { try proof.verify(by: authority) }
    }

    private func proof(signedBy authority: TreeAuthority) throws -> FullyRemoteProof {
        var upgrade = upgrade
        upgrade.signature = try TreeSigner(authority, signer: keyPair).signature(of: TreeStatement(head))
        return FullyRemoteProof(Proof(upgrade: upgrade), fork: 2, of: authority)
    }
}
