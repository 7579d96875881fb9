import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import TestSupport
import Testing

@Suite struct SingleSignerTests {
    private let keyPair = KeyPair.seeded(1)

    @Test func aTreeOfVersion1IsSignedAsAListOfOne() throws {
        let authority = TreeAuthority(manifest: CoreManifest(singleSigner: keyPair.publicKey))
        let head = try TestTree(length: 5, fork: 2).head
        let signature = try TreeSigner(authority, signer: keyPair).signature(of: TreeStatement(head))

        let message = TreeStatement(head).signable(context: authority.key.bytes)
        #expect(message.count == 112)
        #expect(signature == [1, 0] + keyPair.sign(message).array + [0, 0])
        #expect(authority.accepts(signature, of: head))
    }

    @Test func aTreeOfVersion0IsSignedBareInTheSignersNamespace() throws {
        let namespace = BLAKE2b.hash([9])
        let manifest = try CoreManifest(
            version: .v0, signers: [ManifestSigner(namespace: namespace, publicKey: keyPair.publicKey)])
        let authority = TreeAuthority(manifest: manifest)
        let head = try TestTree(length: 5).head
        let signature = try TreeSigner(authority, signer: keyPair).signature(of: TreeStatement(head))

        #expect(signature == keyPair.sign(TreeStatement(head).signable(context: namespace)).array)
        #expect(authority.accepts(signature, of: head))
    }

    @Test func aTreeOfACompatCoreIsSignedBareWithoutAContext() throws {
        let authority = TreeAuthority(assumedFor: CoreKey(keyPair.publicKey.bytes))
        #expect(authority.isCompat)
        let head = try TestTree(length: 5).head
        let signature = try TreeSigner(authority, signer: keyPair).signature(of: TreeStatement(head))

        #expect(TreeStatement(head).compatSignable.count == 80)
        #expect(signature == keyPair.sign(TreeStatement(head).compatSignable).array)
        #expect(authority.accepts(signature, of: head))
    }

    @Test func theFormsDoNotPassForOneAnother() throws {
        let head = try TestTree(length: 3).head
        let authorities = [
            TreeAuthority(manifest: CoreManifest(singleSigner: keyPair.publicKey)),
            TreeAuthority(
                manifest: try CoreManifest(version: .v0, signers: [ManifestSigner(publicKey: keyPair.publicKey)])),
            TreeAuthority(assumedFor: CoreKey(keyPair.publicKey.bytes)),
        ]
        for (signing, signer) in authorities.enumerated() {
            let signature = try TreeSigner(signer, signer: keyPair).signature(of: TreeStatement(head))
            for (verifying, verifier) in authorities.enumerated() {
                #expect(verifier.accepts(signature, of: head) == (signing == verifying), "\(signing), \(verifying)")
                #expect(!verifier.accepts(Array(signature.dropLast()), of: head))
            }
        }
        for verifier in authorities {
            #expect(!verifier.accepts(nil, of: head))
            #expect(!verifier.accepts([], of: head))
        }
    }

    @Test func aBareSignatureHas64BytesAndNoMore() throws {
        let authority = TreeAuthority(assumedFor: CoreKey(keyPair.publicKey.bytes))
        let head = try TestTree(length: 1).head
        let signature = try TreeSigner(authority, signer: keyPair).signature(of: TreeStatement(head))
        #expect(!authority.accepts(signature + [0], of: head))
    }

    @Test func aSignerThatIsNotDeclaredIsRefused() {
        let authority = TreeAuthority(manifest: CoreManifest(singleSigner: keyPair.publicKey))
        expectRefusal(.unknownSigner) { () throws(ManifestError) in
            try TreeSigner(authority, signer: KeyPair.seeded(2))
        }
    }

    @Test func aSignerThatFailsIsReported() throws {
        let authority = TreeAuthority(manifest: CoreManifest(singleSigner: keyPair.publicKey))
        let signer = try TreeSigner(authority, signer: LockedSigner(publicKey: keyPair.publicKey))
        expectRefusal(.signingFailed) { () throws(ManifestError) in
            try signer.signature(of: TreeStatement(treeHash: .zero, length: 1, fork: 0))
        }
    }

    @Test func anAsyncSignerMakesTheSameSignature() async throws {
        let authority = TreeAuthority(manifest: CoreManifest(singleSigner: keyPair.publicKey))
        let statement = TreeStatement(try TestTree(length: 4).head)
        let signature = try await AsyncTreeSigner(authority, signer: SlowSigner(keyPair)).signature(of: statement)
        #expect(try signature == TreeSigner(authority, signer: keyPair).signature(of: statement))
    }

    private struct LockedSigner: Signer {
        let publicKey: PublicKey

        func sign(_ message: [UInt8]) throws(CryptoError) -> Bytes64 {
            throw CryptoError(.signingFailed, "locked")
        }
    }

    private struct SlowSigner: AsyncSigner {
        let keyPair: KeyPair
        var publicKey: PublicKey { keyPair.publicKey }

        init(_ keyPair: KeyPair) { self.keyPair = keyPair }

        func sign(_ message: [UInt8]) async throws -> Bytes64 {
            await Task.yield()
            return keyPair.sign(message)
        }
    }
}

@Suite struct PrologueTests {
    private let keyPair = KeyPair.seeded(1)

    @Test func atItsLengthTheTreeHashDecidesAndTheSignatureIsIgnored() throws {
        let tree = try TestTree(length: 6)
        let other = try TestTree(length: 6, fork: 3).head
        let authority = try authority(prologueOf: tree.head)
        for signature in [nil, [], [0xff, 0xff], [UInt8](repeating: 7, count: 64)] as [[UInt8]?] {
            #expect(authority.accepts(signature, of: tree.head))
            #expect(authority.accepts(signature, of: other), "the fork is not part of a prologue")
        }
        let changed = try TreeHead(fork: 0, roots: [TreeNode(index: 3, size: 1, hash: .zero), tree.head.roots[1]])
        expectRefusal(.prologueMismatch) { () throws(ManifestError) in try authority.verify(nil, of: changed) }
    }

    @Test func aShorterTreeIsNeverValidHoweverItIsSigned() throws {
        let tree = try TestTree(length: 6)
        let authority = try authority(prologueOf: tree.head)
        for length in UInt64(0)..<6 {
            let shorter = try TestTree(length: length).head
            let signature = try TreeSigner(authority, signer: keyPair).signature(of: TreeStatement(shorter))
            expectRefusal(.prologueMismatch) { () throws(ManifestError) in
                try authority.verify(signature, of: shorter)
            }
        }
    }

    @Test func aLongerTreeNeedsItsSignature() throws {
        let authority = try authority(prologueOf: TestTree(length: 6).head)
        let longer = try TestTree(length: 7).head
        let signature = try TreeSigner(authority, signer: keyPair).signature(of: TreeStatement(longer))
        #expect(authority.accepts(signature, of: longer))
        expectRefusal(.invalidSignature) { () throws(ManifestError) in try authority.verify(nil, of: longer) }
    }

    @Test func aStaticCoreEndsAtItsPrologue() throws {
        let tree = try TestTree(length: 6)
        let manifest = try CoreManifest.static(
            CoreManifest.Prologue(hash: tree.head.treeHash(), length: tree.head.length))
        let authority = TreeAuthority(manifest: manifest)
        #expect(authority.accepts(nil, of: tree.head))
        let longer = try TestTree(length: 7).head
        for signature in [nil, [], [0, 0]] as [[UInt8]?] {
            expectRefusal(.invalidSignature) { () throws(ManifestError) in try authority.verify(signature, of: longer) }
        }
    }

    @Test func version0HoldsNoTreeToItsPrologueAndNobodyCanSignIt() throws {
        let tree = try TestTree(length: 6)
        let manifest = try CoreManifest(
            version: .v0, signers: [], prologue: CoreManifest.Prologue(hash: tree.head.treeHash(), length: 0))
        for head in [tree.head, TreeHead()] {
            #expect(!TreeAuthority(manifest: manifest).accepts(nil, of: head))
        }
    }

    @Test func aCompatCoreIgnoresEverythingButItsSigner() throws {
        let tree = try TestTree(length: 6)
        let manifest = try CoreManifest(
            version: .v1, allowPatch: true, quorum: 0, signers: [ManifestSigner(publicKey: keyPair.publicKey)],
            prologue: CoreManifest.Prologue(hash: .zero, length: 100))
        let authority = try TreeAuthority(key: CoreKey(keyPair.publicKey.bytes), manifest: manifest)
        let signature = keyPair.sign(TreeStatement(tree.head).compatSignable).array
        #expect(authority.accepts(signature, of: tree.head))
    }

    private func authority(prologueOf head: TreeHead) throws -> TreeAuthority {
        TreeAuthority(
            manifest: try CoreManifest(
                signers: [ManifestSigner(publicKey: keyPair.publicKey)],
                prologue: CoreManifest.Prologue(hash: head.treeHash(), length: head.length)))
    }
}
