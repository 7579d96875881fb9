import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import TestSupport
import Testing

@testable import Hypercore

/// Logs that begin with what their manifest fixes, and static ones, which are nothing else.
@Suite(.timeLimit(.minutes(5))) struct PrologueTests {
    private let fixed = numberedBlocks(0..<5)
    private let keyPair = KeyPair()
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func prologue(_ blocks: [[UInt8]]) throws -> CoreManifest.Prologue {
        var head = TreeHead()
        let hashing = BLAKE2bTreeHashing()
        _ = try head.append(blocks.map { TreeLeaf(hash: hashing.leaf($0.span.bytes), size: UInt64($0.count)) })
        return CoreManifest.Prologue(hash: head.treeHash(), length: head.length)
    }

    private func open(_ manifest: CoreManifest, seed: SecretBytes? = nil) async throws -> Hypercore {
        try #require(
            try await store.registry.session(
                manifest.key.discoveryKey,
                creating: CoreIdentity(key: manifest.key, manifest: manifest.encoded, seed: seed)))
    }

    private func single() async throws -> Hypercore {
        try await open(
            try CoreManifest(
                signers: [ManifestSigner(publicKey: keyPair.publicKey)], prologue: try prologue(fixed)),
            seed: keyPair.seed)
    }

    @Test func `a static log is made of its blocks by anybody, and is not appended to`() async throws {
        let log = try await open(try .static(try prologue(fixed)))
        #expect(!log.isWritable && log.manifest?.isStatic == true)
        await expectError(.prologueMismatch) { try await log.append(contentsOf: fixed.prefix(4)) }
        await expectError(.prologueMismatch) { try await log.append(contentsOf: fixed.reversed()) }
        let error = await expectError(.notWritable) { try await log.append(contentsOf: fixed + [[1]]) }
        #expect(error?.message.contains("nobody can sign") == true)
        #expect(log.length == 0)
        #expect(try await log.append(contentsOf: fixed).length == 5)
        await expectError(.notWritable) { try await log.append([1]) }
        await expectError(.notWritable) { try await log.truncate(to: 5) }
        await expectError(.outOfBounds) { try await log.truncate(to: 4, signature: [0, 0]) }
        await expectError(.invalidSignature) { try await log.append(contentsOf: [[1]], signature: [0, 0]) }
        #expect(log.length == 5)

        let again = try #require(try await store.reopened().stored(log.key))
        #expect(try again.length == 5 && again.read(4) == fixed[4])
    }

    @Test func `a static log is downloaded by who knows its key, and verified without a signature`() async throws {
        for blocks in [fixed, numberedBlocks(0..<1), numberedBlocks(0..<600)] {
            let log = try await open(try .static(try prologue(blocks)))
            try await log.append(contentsOf: blocks)
            let away = try TestStore()
            let copy = try await away.reader(of: log.key)
            let pipe = MemoryPipe(store.registry, away.registry)
            #expect(try await copy.get(0) == blocks[0])
            try await copy.download(end: UInt64(blocks.count)).finished()
            #expect(try copy.treeHash() == log.treeHash())
            #expect(copy.manifest == log.manifest)
            await pipe.cutAndWait()
            // What came without a signature is handed on without one.
            let third = try TestStore()
            let last = try await third.reader(of: log.key)
            let further = MemoryPipe(away.registry, third.registry)
            #expect(try await last.get(UInt64(blocks.count - 1)) == blocks.last)
            await further.cutAndWait()
        }
    }

    @Test func `what comes in the place of a signature that is not needed is not kept`() async throws {
        let log = try await open(try .static(try prologue(fixed)))
        try await log.append(contentsOf: fixed)
        let reader = try await TestStore().reader(of: log.key)
        let request = ProofRequest(upgrade: .init(start: 0, length: 5))
        var proof = try log.proof(for: request)
        #expect(proof.upgrade?.signature == nil)
        proof.upgrade?.signature = Array(repeating: 1, count: 1000)
        try await reader.applyProof(proof, manifest: log.manifest)
        #expect(try reader.proof(for: request) == log.proof(for: request))
        proof.upgrade?.nodes[0].hash = .zero
        let other = try await TestStore().reader(of: log.key)
        await expectError(.prologueMismatch) { try await other.applyProof(proof, manifest: log.manifest) }
        #expect(other.length == 0)
    }

    @Test func `an empty static log stays empty`() async throws {
        let log = try await open(try .static(try prologue([])))
        await expectError(.notWritable) { try await log.append([1]) }
        await expectError(.notWritable) { try await log.append(contentsOf: []) }
        #expect(log.length == 0)
    }

    @Test func `a prologue of version 0 has no length, so its log stays empty`() async throws {
        let manifest = try CoreManifest(
            version: .v0, quorum: 0, signers: [],
            prologue: CoreManifest.Prologue(hash: try prologue(fixed).hash, length: 0))
        let log = try await open(manifest)
        #expect(log.manifest == manifest)
        await expectError(.notWritable) { try await log.append(contentsOf: fixed) }
        await expectError(.invalidSignature) { try await log.append(contentsOf: fixed, signature: [0, 0]) }
    }

    @Test func `a log reaches its prologue first, in one append or in one that goes further`() async throws {
        let log = try await single()
        await expectError(.prologueMismatch) { try await log.append([1]) }
        await expectError(.prologueMismatch) { try await log.append(contentsOf: numberedBlocks(1..<9)) }
        #expect(log.length == 0)
        let further = fixed + [[6]]
        #expect(try await log.append(contentsOf: further).length == 6)
        try await log.append([7])
        await expectError(.outOfBounds) { try await log.truncate(to: 4) }
        #expect(log.length == 7 && log.fork == 0)
        try await log.truncate(to: 5)
        #expect(log.length == 5 && log.fork == 1)
        try await log.append([8])

        let away = try TestStore()
        let copy = try await away.reader(of: log.key)
        let pipe = MemoryPipe(store.registry, away.registry)
        try await copy.download(end: 6).finished()
        #expect(try copy.read(5) == [8])
        #expect(try copy.treeHash() == log.treeHash())
        await pipe.cutAndWait()
    }

    @Test func `the prologue is appended without the key, and what follows with it`() async throws {
        let manifest = try CoreManifest(
            signers: [ManifestSigner(publicKey: keyPair.publicKey)], prologue: try prologue(fixed))
        let log = try await open(manifest)
        try await log.append(contentsOf: fixed)
        await expectError(.notWritable) { try await log.append([1]) }
        let signed = try await open(manifest, seed: keyPair.seed)
        #expect(try await signed.append([1]).length == 6)
    }

    @Test func `a batch may reach the prologue in steps, but must reach it`() async throws {
        let log = try await single()
        await expectError(.prologueMismatch) {
            _ = try await store.registry.atomically { try $0.append(fixed[0], to: log) }
        }
        #expect(log.length == 0)
        try await store.registry.atomically { batch in
            for block in fixed { try batch.append(block, to: log) }
            try batch.append([9], to: log)
        }
        #expect(log.length == 6)
    }

    @Test func `the prologue is everybody's to bring to who signs the log`() async throws {
        let log = try await single()
        let away = try TestStore()
        let manifest = try #require(log.manifest)
        let anybody = try #require(
            try await away.registry.session(
                manifest.key.discoveryKey, creating: CoreIdentity(key: manifest.key, manifest: manifest.encoded)))
        try await anybody.append(contentsOf: fixed)
        let pipe = MemoryPipe(away.registry, store.registry)
        #expect(try await log.get(4) == fixed[4])
        #expect(log.isWritable && log.appendingStop == nil)
        try await log.append([6])
        #expect(try await anybody.get(5) == [6])
        await pipe.cutAndWait()
    }

    @Test func `a log of several signers goes on from its prologue with their signature`() async throws {
        let keyPairs = [KeyPair(), KeyPair()]
        let log = try await open(
            try CoreManifest(
                signers: keyPairs.map { ManifestSigner(publicKey: $0.publicKey) }, prologue: try prologue(fixed)))
        await expectError(.prologueMismatch) { _ = try log.signableTree(appending: numberedBlocks(1..<7)) }
        let tree = try log.signableTree(appending: fixed + [[1]])
        let signature = try tree.assemble(keyPairs.map { try tree.share(by: $0) })
        #expect(try await log.append(contentsOf: fixed + [[1]], signature: signature).length == 6)
    }

    @Test func `a signer that takes its time is not asked for what the manifest fixes`() async throws {
        let signer = ManualSigner()
        let manifest = try CoreManifest(
            signers: [ManifestSigner(publicKey: signer.publicKey)], prologue: try prologue(fixed))
        let log = try await store.signed(by: signer, manifest)
        #expect(try await log.append(contentsOf: fixed).length == 5)
        #expect(signer.askedLengths.isEmpty)
        let append = Task { try await log.append([1]) }
        await signer.asked(1)
        signer.answer()
        #expect(try await append.value.length == 6)
    }
}
