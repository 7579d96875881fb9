import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import TestSupport
import Testing

@testable import Hypercore

/// Proofs that are verified without any store.
@Suite(.timeLimit(.minutes(5))) struct RemoteProofTests {
    @Test func `a proof shows the length and a block to whoever has the key`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<300))
        for index in [nil, 0, 127, 256, 299] as [UInt64?] {
            let bytes = try log.remoteProof(includingBlock: index)
            #expect(try RemoteProof.discoveryKey(of: bytes) == log.discoveryKey)
            let proof = try RemoteProof(verifying: bytes, of: log.key)
            #expect(proof.head.length == 300 && proof.head.fork == 0 && proof.manifest == log.manifest)
            #expect(try proof.head.treeHash() == log.treeHash())
            #expect(proof.block?.index == index)
            #expect(proof.block.map { Array($0.value) } == index.map { Array("block \($0)".utf8) })
            #expect(try RemoteProof(verifying: bytes, of: log.key, manifest: log.manifest) == proof)
        }
    }

    @Test func `nothing else than the proof is one`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<6))
        let bytes = try log.remoteProof(includingBlock: 2)
        for count in bytes.indices {
            #expect(throws: HypercoreError.self) {
                try RemoteProof(verifying: Array(bytes.prefix(count)), of: log.key)
            }
        }
        let proof = try RemoteProof(verifying: bytes, of: log.key)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 1
            // What no signature covers may differ, but never what is proven.
            if let verified = try? RemoteProof(verifying: changed, of: log.key) {
                #expect(verified.head == proof.head && verified.block == proof.block, "byte \(position)")
            }
        }
        await expectError(.invalidManifest) { _ = try RemoteProof(verifying: bytes, of: TestStore.key("other")) }
        let foreign = CoreManifest(singleSigner: KeyPair().publicKey)
        await expectError(.invalidManifest) { _ = try RemoteProof(verifying: bytes, of: log.key, manifest: foreign) }
        await expectError(.invalidProof) { _ = try RemoteProof.discoveryKey(of: []) }
    }

    @Test func `what has no proof says so`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        await expectError(.outOfBounds) { _ = try log.remoteProof() }
        try await log.append(contentsOf: numberedBlocks(0..<3))
        await expectError(.outOfBounds) { _ = try log.remoteProof(includingBlock: 3) }
        try await log.clear(1..<2)
        await expectError(.notAvailable) { _ = try log.remoteProof(includingBlock: 1) }
        let reader = try await store.reader(of: CoreKey(.zero))
        await expectError(.notAvailable) { _ = try reader.remoteProof() }
        await log.close()
        await expectError(.closed) { _ = try log.remoteProof() }
    }

    @Test func `a quorum is needed, and each of its signers counts`() async throws {
        let keyPairs = [KeyPair(), KeyPair()]
        let manifest = try CoreManifest(signers: keyPairs.map { ManifestSigner(publicKey: $0.publicKey) })
        let log = try #require(
            try await TestStore().registry.session(
                manifest.key.discoveryKey, creating: CoreIdentity(key: manifest.key, manifest: manifest.encoded)))
        let tree = try log.signableTree(appending: [[1]])
        try await log.append(
            contentsOf: [[1]], signature: try tree.assemble(keyPairs.map { try tree.share(by: $0) }))
        #expect(try RemoteProof(verifying: log.remoteProof(includingBlock: 0), of: log.key).block?.value == [1])
    }
}

@Suite struct RemoteProofVectorTests {
    private struct Document: Decodable {
        struct Case: Decodable {
            let index: UInt64?
            let withBlock: Bool
            let proof: String
        }
        let key: String
        let length: UInt64
        let blockSize: Int
        let cases: [Case]
    }

    @Test func `the reference's proofs are verified by the key alone`() throws {
        let document: Document = try Vectors.load("fully-remote-proof")
        let key = try CoreKey(text: document.key)
        #expect(!document.cases.isEmpty)
        for entry in document.cases {
            let digits = Array(entry.proof)
            let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
            let proof = try RemoteProof(verifying: bytes, of: key)
            #expect(proof.head.length == document.length)
            #expect(proof.block?.index == (entry.withBlock ? entry.index : nil))
            if let block = proof.block {
                #expect(Array(block.value) == Vectors.block(block.index, size: document.blockSize))
            }
        }
    }
}
