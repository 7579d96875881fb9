import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import TestSupport
import Testing

/// `merkle-proofs.json`: what is signed at every length of a core, and the signature of its head.
@Suite struct SignableVectorTests {
    private static let cores: Result<[Core], any Error> = Result {
        try Vectors.load("merkle-proofs", as: Document.self).cores
    }

    @Test func everyLengthHasItsSignable() throws {
        for core in try Self.cores.get() {
            let authority = try core.authority
            for hash in core.hashes {
                let statement = TreeStatement(treeHash: hash.treeHash.bytes32, length: hash.length, fork: 0)
                #expect(authority.signable(statement, bySigner: 0) == hash.signable.bytes)
            }
        }
    }

    @Test func theHeadIsSignedAsRecorded() throws {
        for core in try Self.cores.get() {
            let authority = try core.authority
            let head = try TreeHead(
                fork: 0,
                roots: core.roots.map { TreeNode(index: $0.index, size: $0.size, hash: $0.hash.bytes32) })
            let signer = try TreeSigner(
                authority, signer: KeyPair(secretKey: SecretBytes(copying: core.keyPair.secretKey.bytes)))
            #expect(try signer.signature(of: TreeStatement(head)) == core.signature.bytes)
            try authority.verify(core.signature.bytes, of: head)
        }
    }
}

extension SignableVectorTests {
    struct Document: Decodable {
        let cores: [Core]
    }

    struct Core: Decodable {
        struct Keys: Decodable { let publicKey, secretKey: Hex }

        struct Root: Decodable {
            let index, size: UInt64
            let hash: Hex
        }

        struct Hash: Decodable {
            let length: UInt64
            let treeHash, signable: Hex
        }

        let keyPair: Keys
        let key: Hex
        let signature: Hex
        let roots: [Root]
        let hashes: [Hash]

        var authority: TreeAuthority {
            get throws {
                try TreeAuthority(
                    key: CoreKey(key.bytes32),
                    manifest: CoreManifest(singleSigner: PublicKey(keyPair.publicKey.bytes32)))
            }
        }
    }
}
