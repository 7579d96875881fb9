import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import TestSupport
import Testing

@testable import Hypercore

/// Proofs that are carried by hand.
@Suite(.timeLimit(.minutes(5))) struct ProvingTests {
    private let blocks = numberedBlocks(0..<11)

    private func writer(_ count: Int = 11) async throws -> Hypercore {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: blocks.prefix(count))
        return log
    }

    private func request(_ block: UInt64, of log: Hypercore, by reader: Hypercore) throws -> ProofRequest {
        ProofRequest(
            block: .init(index: block, nodes: try reader.missingNodes(forBlock: block)),
            upgrade: reader.length < log.length
                ? .init(start: reader.length, length: log.length - reader.length) : nil)
    }

    @Test func `a reader becomes whole by proofs alone, whatever the order`() async throws {
        let log = try await writer()
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<6 {
            let store = try TestStore()
            let reader = try await store.reader(of: log.key)
            for index in (0..<UInt64(blocks.count)).shuffled(using: &generator) {
                let proof = try log.proof(for: try request(index, of: log, by: reader))
                let verified = try await reader.applyProof(proof, manifest: log.manifest)
                #expect(verified.block?.index == index && reader.length == 11)
                #expect(try reader.read(index) == blocks[Int(index)])
            }
            #expect(reader.contiguousLength == 11 && reader.manifest == log.manifest)
            #expect(try reader.treeHash() == log.treeHash())
            let again = try await store.reopened().reader(of: log.key)
            #expect(again.contiguousLength == 11)
        }
    }

    @Test func `what is known already is stored no second time`() async throws {
        let log = try await writer()
        let store = try TestStore()
        let reader = try await store.reader(of: log.key)
        let proof = try log.proof(for: try request(3, of: log, by: reader))
        try await reader.applyProof(proof, manifest: log.manifest)
        let records = try store.allRecords()
        for _ in 0..<3 { try await reader.applyProof(proof) }
        #expect(try store.allRecords() == records)
    }

    @Test func `a hash, a seek and an upgrade alone are proven as well`() async throws {
        let log = try await writer()
        let reader = try await TestStore().reader(of: log.key)
        let upgrade = try log.proof(for: ProofRequest(upgrade: .init(start: 0, length: 11)))
        #expect(try await reader.applyProof(upgrade, manifest: log.manifest).upgrade?.head.length == 11)
        #expect(reader.length == 11 && reader.contiguousLength == 0)
        let hash = try log.proof(for: ProofRequest(hash: .init(index: 3, nodes: 1)))
        #expect(try await reader.applyProof(hash).hash?.index == 3)
        let seek = try log.proof(
            for: ProofRequest(block: .init(index: 0, nodes: 3), seek: .init(bytes: 30)))
        #expect(seek.seek != nil)
        try await reader.applyProof(seek)
        #expect(try reader.read(0) == blocks[0])
        #expect(try reader.missingNodes(forBlock: 0) == 0 && reader.missingNodes(forBlock: 99) == 0)
    }

    @Test func `what cannot be proven is said`() async throws {
        let log = try await writer()
        for request in [
            ProofRequest(block: .init(index: 11, nodes: 0)), ProofRequest(block: .init(index: .max, nodes: .max)),
            ProofRequest(upgrade: .init(start: 0, length: 12)), ProofRequest(upgrade: .init(start: 11, length: 0)),
            ProofRequest(upgrade: .init(start: .max, length: .max)), ProofRequest(hash: .init(index: .max, nodes: 0)),
        ] {
            await expectError(.outOfBounds) { _ = try log.proof(for: request) }
        }
        #expect(try log.proof(for: ProofRequest()) == Proof())
        try await log.clear(3..<4)
        await expectError(.notAvailable) { _ = try log.proof(for: ProofRequest(block: .init(index: 3, nodes: 0))) }
        let empty = try await TestStore().writable()
        await expectError(.outOfBounds) { _ = try empty.proof(for: ProofRequest(upgrade: .init(start: 0, length: 1))) }
        await log.close()
        await expectError(.closed) { _ = try log.proof(for: ProofRequest()) }
        await expectError(.closed) { try await log.applyProof(Proof()) }
        await expectError(.closed) { _ = try log.missingNodes(forBlock: 0) }
    }

    @Test func `a log of parts proves only what it has, and says when a tree hash is not to be had`() async throws {
        let log = try await writer()
        let store = try TestStore()
        let reader = try await store.reader(of: log.key)
        try await reader.applyProof(
            try log.proof(for: ProofRequest(upgrade: .init(start: 0, length: 11))), manifest: log.manifest)
        await expectError(.notAvailable) { _ = try reader.treeHash(length: 5) }
        await expectError(.notAvailable) { _ = try reader.proof(for: ProofRequest(block: .init(index: 2, nodes: 3))) }
        await expectError(.notAvailable) { _ = try reader.proof(for: ProofRequest(hash: .init(index: 2, nodes: 3))) }
        try await reader.applyProof(try log.proof(for: try request(4, of: log, by: reader)))
        #expect(try reader.treeHash(length: 5) == log.treeHash(length: 5))
        #expect(try log.treeHash(length: 11) == log.treeHash())
        let snapshot = try log.snapshot()
        try await log.truncate(to: 2)
        #expect(try snapshot.treeHash(length: 5) == reader.treeHash(length: 5))
        #expect(try snapshot.proof(for: ProofRequest(block: .init(index: 9, nodes: 1))).block?.value == blocks[9][...])
        await expectError(.notWritable) { try await snapshot.applyProof(Proof()) }
    }

    @Test func `every mutation of a proof is refused, and leaves nothing`() async throws {
        let log = try await writer()
        let store = try TestStore()
        let reader = try await store.reader(of: log.key)
        let proof = try log.proof(for: try request(4, of: log, by: reader))
        let before = try store.allRecords()
        let mutations = mutations(of: proof)
        #expect(mutations.count > 20)
        for mutation in mutations {
            let error = await #expect(throws: HypercoreError.self, "\(mutation)") {
                try await reader.applyProof(mutation, manifest: log.manifest)
            }
            #expect(
                [.invalidProof, .invalidSignature, .conflict, .outOfBounds].contains(error?.code),
                "\(String(describing: error))")
            #expect(reader.length == 0)
        }
        #expect(try store.allRecords() == before)

        let foreign = CoreManifest(singleSigner: KeyPair().publicKey)
        await expectError(.invalidManifest) { try await reader.applyProof(proof, manifest: foreign) }
        await expectError(.invalidSignature) { try await reader.applyProof(proof) }
        await expectError(.invalidSignature) {
            try await reader.applyProof(proof, fork: 1, manifest: log.manifest)
        }
        #expect(try store.allRecords() == before)
        try await reader.applyProof(proof, manifest: log.manifest)
        await expectError(.conflict) { try await reader.applyProof(proof, fork: 1) }
        let other = try await TestStore().writable("other")
        try await other.append(contentsOf: blocks)
        await expectError(.invalidSignature) {
            try await reader.applyProof(try other.proof(for: ProofRequest(upgrade: .init(start: 0, length: 11))))
        }
    }

    /// The proof with one thing changed each.
    private func mutations(of proof: Proof) -> [Proof] {
        var mutations: [Proof] = []
        func mutate(_ change: (inout Proof) -> Void) {
            var changed = proof
            change(&changed)
            mutations.append(changed)
        }
        for position in proof.block!.value.indices { mutate { $0.block!.value[position] ^= 1 } }
        mutate { $0.block!.value.removeLast() }
        mutate { $0.block!.value.append(0) }
        for index in [0, 5, 12, UInt64.max] { mutate { $0.block!.index = index } }
        for position in proof.block!.nodes.indices {
            mutate { $0.block!.nodes.remove(at: position) }
            mutate { $0.block!.nodes[position].size += 1 }
            mutate { $0.block!.nodes[position].index += 2 }
            mutate { $0.block!.nodes[position].hash = .zero }
        }
        for position in proof.upgrade!.nodes.indices {
            mutate { $0.upgrade!.nodes.remove(at: position) }
            mutate { $0.upgrade!.nodes[position].size += 1 }
            mutate { $0.upgrade!.nodes[position].hash = .zero }
        }
        for position in proof.upgrade!.signature!.indices where ![66, 67].contains(position) {
            mutate { $0.upgrade!.signature![position] ^= 1 }
        }
        mutate { $0.upgrade!.signature = nil }
        mutate { $0.upgrade!.signature = [] }
        mutate { $0.upgrade!.start = 1 }
        mutate { $0.upgrade!.length = 10 }
        mutate { $0.upgrade!.length = .max }
        mutate { $0.upgrade = nil }
        return mutations
    }

    @Test func `a proof of a later fork fills a log that is empty here, and no other`() async throws {
        let log = try await writer()
        try await log.truncate(to: 8, fork: 6)
        let reader = try await TestStore().reader(of: log.key)
        let proof = try log.proof(for: ProofRequest(upgrade: .init(start: 0, length: 8)))
        await expectError(.invalidSignature) { try await reader.applyProof(proof, manifest: log.manifest) }
        try await reader.applyProof(proof, fork: 6, manifest: log.manifest)
        #expect(reader.length == 8 && reader.fork == 6)
    }

    @Test func `a proof without a manifest proves a compat log`() async throws {
        let keyPair = KeyPair()
        let key = CoreKey(keyPair.publicKey.bytes)
        let log = try #require(
            try await TestStore().registry.session(
                key.discoveryKey,
                creating: CoreIdentity(key: key, manifest: CoreManifest.assumed(for: key).encoded, seed: keyPair.seed)))
        try await log.append(contentsOf: blocks)
        let reader = try await TestStore().reader(of: key)
        try await reader.applyProof(try log.proof(for: try request(7, of: log, by: reader)))
        #expect(try reader.read(7) == blocks[7])
        #expect(reader.manifest == log.manifest)
    }

    @Test func `a log with a prologue is proven from its beginning`() async throws {
        var head = TreeHead()
        let hashing = BLAKE2bTreeHashing()
        _ = try head.append(
            blocks.prefix(4).map { TreeLeaf(hash: hashing.leaf($0.span.bytes), size: UInt64($0.count)) })
        let keyPair = KeyPair()
        let manifest = try CoreManifest(
            signers: [ManifestSigner(publicKey: keyPair.publicKey)],
            prologue: CoreManifest.Prologue(hash: head.treeHash(), length: 4))
        let identity = CoreIdentity(key: manifest.key, manifest: manifest.encoded, seed: keyPair.seed)
        let log = try #require(
            try await TestStore().registry.session(manifest.key.discoveryKey, creating: identity))
        try await log.append(contentsOf: blocks)
        let reader = try await TestStore().reader(of: log.key)
        let proof = try log.proof(for: ProofRequest(upgrade: .init(start: 0, length: 11)))
        #expect(proof.upgrade?.length == 4)
        try await reader.applyProof(proof, manifest: manifest)
        #expect(reader.length == 11)
        #expect(try RemoteProof(verifying: try log.remoteProof(includingBlock: 9), of: log.key).head.length == 11)
    }

    @Test func `of two upgrades that are applied at once, both or the longer one hold`() async throws {
        for _ in 0..<20 {
            let log = try await writer(5)
            let reader = try await TestStore().reader(of: log.key)
            let short = try log.proof(for: ProofRequest(upgrade: .init(start: 0, length: 5)))
            try await log.append(contentsOf: blocks.suffix(6))
            let long = try log.proof(for: ProofRequest(upgrade: .init(start: 0, length: 11)))
            let manifest = log.manifest
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for proof in [short, long] {
                    group.addTask { (try? await reader.applyProof(proof, manifest: manifest)) != nil }
                }
                return await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(outcomes.contains(true))
            #expect([5, 11].contains(reader.length))
            if reader.length == 5 {
                try await reader.applyProof(log.proof(for: ProofRequest(upgrade: .init(start: 5, length: 6))))
            }
            #expect(try reader.treeHash() == log.treeHash())
        }
    }
}
