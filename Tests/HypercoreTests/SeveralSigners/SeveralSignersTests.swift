import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import TestSupport
import Testing

@testable import Hypercore
@testable import StorageEngine

/// Logs that several have to sign: shares, the signature that they make, and changes with it.
@Suite(.timeLimit(.minutes(5))) struct SeveralSignersTests {
    private let keyPairs = (1...3).map { KeyPair(seed: SecretBytes(copying: Array(repeating: UInt8($0), count: 32))) }
    private let store: TestStore
    private let versions: [CoreManifest.Version] = [.v0, .v1, .v2]

    init() throws { store = try TestStore() }

    private func manifest(
        _ version: CoreManifest.Version = .v1, allowPatch: Bool = false, quorum: Int = 2
    ) throws -> CoreManifest {
        try CoreManifest(
            version: version, allowPatch: allowPatch, quorum: quorum,
            signers: keyPairs.map { ManifestSigner(publicKey: $0.publicKey) })
    }

    private func open(_ manifest: CoreManifest, keyPair: KeyPair? = nil) async throws -> Hypercore {
        let identity = CoreIdentity(key: manifest.key, manifest: manifest.encoded, seed: keyPair?.seed)
        return try #require(try await store.registry.session(manifest.key.discoveryKey, creating: identity))
    }

    private func sign(_ tree: SignableTree, by signers: [Int] = [0, 2]) throws -> [UInt8] {
        try tree.assemble(signers.map { try tree.share(by: keyPairs[$0]) })
    }

    @Test func `a log is appended to, truncated and replicated with what a quorum has signed`() async throws {
        for version in versions {
            let log = try await open(try manifest(version))
            let first = numberedBlocks(0..<5)
            let tree = try log.signableTree(appending: first)
            #expect(tree.length == 5 && tree.fork == 0 && log.length == 0)
            let result = try await log.append(contentsOf: first, signature: try sign(tree))
            #expect(result.length == 5 && log.length == 5)
            #expect(try log.treeHash() == tree.treeHash && log.treeHash(length: 5) == tree.treeHash)

            let shorter = try log.signableTree(length: 3, fork: 4)
            try await log.truncate(to: 3, fork: 4, signature: try sign(shorter, by: [1, 2]))
            #expect(log.length == 3 && log.fork == 4)
            let last: [[UInt8]] = [[], [1]]
            let signature = try sign(try log.signableTree(appending: last), by: [2, 1, 0])
            try await log.append(contentsOf: last, signature: signature)

            let away = try TestStore()
            let copy = try await away.reader(of: log.key)
            let pipe = MemoryPipe(store.registry, away.registry)
            _ = try copy.download()
            try await until { copy.contiguousLength == 5 }
            #expect(try copy.treeHash() == log.treeHash())
            #expect(copy.fork == 4 && copy.manifest == log.manifest)
            await pipe.cutAndWait()
        }
    }

    @Test func `a log of several signers is not appended to without their signature`() async throws {
        for keyPair in [nil, keyPairs[0]] {
            let log = try await open(try manifest(), keyPair: keyPair)
            #expect(!log.isWritable && log.holdsSigningKey == (keyPair != nil))
            for change in 0..<2 {
                let error = await expectError(.notWritable) {
                    if change == 0 { try await log.append([1]) } else { try await log.truncate(to: 0) }
                }
                #expect(error?.message.contains("2 of its signers") == true)
            }
            await expectError(.notWritable) {
                _ = try await store.registry.atomically { try $0.append([1], to: log) }
            }
            #expect(log.length == 0)
            await log.close()
        }
    }

    @Test func `the key that a store holds makes its share, and one that takes its time makes another`() async throws {
        let log = try await open(try manifest(), keyPair: keyPairs[1])
        let tree = try log.signableTree(appending: [[1]])
        let signature = try tree.assemble([try tree.share(), try await tree.share(by: MoodySigner(keyPairs[2]))])
        #expect(try await log.append(contentsOf: [[1]], signature: signature).length == 1)
        let other = try await open(try manifest(quorum: 3))
        await expectError(.notWritable) { _ = try other.signableTree().share() }
        await #expect(throws: ManifestError.self) {
            _ = try await tree.share(by: MoodySigner(keyPairs[2]) { _ in false })
        }
    }

    @Test func `shares that do not make a signature are told apart`() async throws {
        let log = try await open(try manifest())
        let tree = try log.signableTree(appending: [[1]])
        let shares = try keyPairs.map { try tree.share(by: $0) }
        let foreign = try log.signableTree(appending: [[2]]).share(by: keyPairs[1])
        expectRefusal(.quorumNotReached) { try tree.assemble([]) }
        expectRefusal(.quorumNotReached) { try tree.assemble([shares[0]]) }
        expectRefusal(.unknownSigner) { try tree.assemble([shares[0], shares[0]]) }
        var stranger = shares[1]
        stranger.signer = 3
        expectRefusal(.unknownSigner) { try tree.assemble([shares[0], stranger]) }
        expectRefusal(.unknownSigner) { try tree.share(by: KeyPair()) }
        stranger.signer = 2
        expectRefusal(.invalidSignature) { try tree.assemble([shares[0], stranger]) }
        expectRefusal(.invalidSignature) { try tree.assemble([shares[0], foreign]) }
        // The third does not count, whatever it is.
        _ = try tree.assemble([shares[0], shares[1], foreign])
    }

    @Test func `nothing is stored with a signature that is not one over what the log becomes`() async throws {
        let log = try await open(try manifest())
        let first: [[UInt8]] = [[1], [2]]
        try await log.append(contentsOf: first, signature: try sign(try log.signableTree(appending: first)))
        let before = try store.allRecords()
        let blocks: [[UInt8]] = [[3]]
        let right = try sign(try log.signableTree(appending: blocks))
        let elsewhere = try await open(try manifest(quorum: 1))
        let wrong: [[UInt8]] = [
            [], [0, 0], Array(right.dropLast()), Array(right.dropFirst()), right + [0],
            try sign(try log.signableTree(appending: [[4]])), try sign(try log.signableTree()),
            try sign(try log.signableTree(appending: blocks + blocks)),
            try sign(try elsewhere.signableTree(appending: blocks), by: [0]),
        ].filter { $0 != right + [0] }
        let stored = try store.allRecords()
        for signature in wrong {
            await expectError(.invalidSignature) { try await log.append(contentsOf: blocks, signature: signature) }
        }
        for position in right.indices {
            for bit in [0, 7] {
                var changed = right
                changed[position] ^= 1 << bit
                // Patches are ignored where the manifest does not allow them.
                guard ![66, 132, 133].contains(position) else { continue }
                await expectError(.invalidSignature) { try await log.append(contentsOf: blocks, signature: changed) }
            }
        }
        #expect(try store.allRecords() == stored)
        #expect(before.count < stored.count, "the other log was made")
        #expect(try await log.append(contentsOf: blocks, signature: right).length == 3)
        // The log has moved: the same again is another tree.
        await expectError(.invalidSignature) { try await log.append(contentsOf: blocks, signature: right) }
        #expect(try await log.append(contentsOf: [], signature: right).length == 3)

        let cut = try sign(try log.signableTree(length: 1, fork: 1))
        await expectError(.invalidSignature) { try await log.truncate(to: 1, fork: 2, signature: cut) }
        await expectError(.invalidSignature) { try await log.truncate(to: 2, signature: cut) }
        await expectError(.outOfBounds) { try await log.truncate(to: 4, signature: cut) }
        await expectError(.outOfBounds) { try await log.truncate(to: 1, fork: 0, signature: cut) }
        #expect(log.length == 3 && log.fork == 0)
        try await log.truncate(to: 1, signature: cut)
        #expect(log.length == 1 && log.fork == 1)
        try await log.truncate(to: 0, signature: try sign(try log.signableTree(length: 0, fork: 2)))
        #expect(log.length == 0 && log.fork == 2)
        await log.close()
        await expectError(.closed) { try await log.append(contentsOf: blocks, signature: right) }
        await expectError(.closed) { _ = try log.signableTree() }
    }

    @Test func `a signer of a longer log vouches for a shorter one where patches are allowed`() async throws {
        for version in versions {
            let manifest = try manifest(version, allowPatch: true)
            let blocks = numberedBlocks(0..<7)
            let (ahead, behind) = (try await open(manifest), try TestStore())
            let log = try #require(
                try await behind.registry.session(
                    manifest.key.discoveryKey,
                    creating: CoreIdentity(key: manifest.key, manifest: manifest.encoded)))
            let all = try ahead.signableTree(appending: blocks)
            try await ahead.append(contentsOf: blocks, signature: try sign(all))

            let part = try log.signableTree(appending: blocks.prefix(3))
            let shares = [
                try part.share(by: keyPairs[1]), try ahead.signableTree().share(by: keyPairs[0], for: 3),
            ]
            let signature = try part.assemble(shares)
            #expect(try await log.append(contentsOf: blocks.prefix(3), signature: signature).length == 3)
            await expectError(.outOfBounds) { _ = try part.share(by: keyPairs[0], for: 4) }

            var broken = shares
            broken[1].patch?.nodes[0].size += 1
            expectRefusal(.invalidSignature) { try part.assemble(broken) }
            broken[1].patch = nil
            expectRefusal(.invalidSignature) { try part.assemble(broken) }
            broken[1].patch = try ahead.signableTree().share(by: keyPairs[0], for: 2).patch
            expectRefusal(.invalidSignature) { try part.assemble(broken) }

            let away = try TestStore()
            let copy = try await away.reader(of: log.key)
            let pipe = MemoryPipe(behind.registry, away.registry)
            #expect(try await copy.get(2) == blocks[2])
            await pipe.cutAndWait()
        }
        let strict = try await open(try manifest())
        let tree = try strict.signableTree(appending: numberedBlocks(0..<4))
        let share = try tree.share(by: keyPairs[0], for: 2)
        let short = try strict.signableTree(appending: numberedBlocks(0..<2))
        expectRefusal(.invalidSignature) { try short.assemble([share, try short.share(by: keyPairs[1])]) }
    }

    @Test func `of two appends that were signed for one place, one is made`() async throws {
        let log = try await open(try manifest())
        for round in 0..<10 {
            let signed = try (0..<4).map { number in
                let blocks = [[UInt8(round), UInt8(number)]]
                return (blocks, try sign(try log.signableTree(appending: blocks)))
            }
            let codes = await withTaskGroup(of: HypercoreError.Code?.self) { group in
                for (blocks, signature) in signed {
                    group.addTask {
                        do {
                            try await log.append(contentsOf: blocks, signature: signature)
                            return nil
                        } catch {
                            return (error as? HypercoreError)?.code
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == nil } == 1)
            #expect(codes.count { $0 == .invalidSignature } == 3)
            #expect(log.length == UInt64(round + 1))
        }
    }

    @Test func `an append with a signature whose commit fails changes nothing`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let manifest = try manifest()
        let faulty = try TestStore(engine)
        let log = try #require(
            try await faulty.registry.session(
                manifest.key.discoveryKey,
                creating: CoreIdentity(key: manifest.key, manifest: manifest.encoded)))
        let signature = try sign(try log.signableTree(appending: [[1]]))
        engine.inject(.init(.commit))
        await expectError(.storage) { try await log.append(contentsOf: [[1]], signature: signature) }
        engine.heal()
        #expect(log.length == 0)
        #expect(try await log.append(contentsOf: [[1]], signature: signature).length == 1)
    }

    @Test func `an encrypted log is signed as it is stored`() async throws {
        let manifest = try manifest()
        let session = try #require(
            try await store.registry.session(
                manifest.key.discoveryKey,
                creating: CoreIdentity(key: manifest.key, manifest: manifest.encoded),
                options: .encrypted(.key(SecretBytes(copying: Array(repeating: 5, count: 32))))))
        for round in 0..<2 {
            let blocks = numberedBlocks(round..<round + 3)
            try await session.append(
                contentsOf: blocks, signature: try sign(try session.signableTree(appending: blocks)))
        }
        #expect(try session.read(4) == Array("block 2".utf8))
        #expect(try await open(manifest).read(4)?.count == 8 + 7)
    }

    @Test func `a huge log is signed by as many as its manifest takes`() async throws {
        let many = (0..<40).map { _ in KeyPair() }
        let manifest = try CoreManifest(signers: many.map { ManifestSigner(publicKey: $0.publicKey) })
        let log = try await open(manifest)
        let blocks = numberedBlocks(0..<3000)
        let tree = try log.signableTree(appending: blocks)
        let shares = try many.reversed().map { try tree.share(by: $0) }
        #expect(try await log.append(contentsOf: blocks, signature: try tree.assemble(shares)).length == 3000)
        expectRefusal(.quorumNotReached) { try tree.assemble(Array(shares.prefix(20))) }
    }

    @Test func `a log whose manifest is not known takes no signature`() async throws {
        let manifest = try manifest()
        let log = try await store.reader(of: manifest.key)
        await expectError(.notAvailable) { _ = try log.signableTree() }
        await expectError(.notAvailable) { _ = try log.signable() }
        await expectError(.notAvailable) { try await log.append(contentsOf: [[1]], signature: [1]) }
        try await log.setManifest(manifest)
        let tree = try log.signableTree(appending: [[1]])
        #expect(try await log.append(contentsOf: [[1]], signature: try sign(tree)).length == 1)
    }

    @Test func `a log of one signer takes a signature that was made elsewhere`() async throws {
        let keyPair = KeyPair()
        let manifest = CoreManifest(singleSigner: keyPair.publicKey)
        let log = try await open(manifest)
        let tree = try log.signableTree(appending: [[1]])
        let signature = try tree.assemble([try tree.share(by: keyPair)])
        #expect(signature.prefix(2) == [1, 0] && signature.count == 2 + 64 + 2)
        try await log.append(contentsOf: [[1]], signature: signature)
        #expect(try log.signable().count == 112)
        #expect(try log.signable(length: 0, fork: 3) != log.signable())
        await expectError(.outOfBounds) { _ = try log.signable(length: 2) }
        await expectError(.outOfBounds) { _ = try log.treeHash(length: .max) }
    }

    private func expectRefusal<Value>(
        _ code: ManifestError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Value
    ) {
        let error = #expect(throws: ManifestError.self, sourceLocation: sourceLocation) { _ = try body() }
        #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    }

    @Test func `connected stores append in turn, each time signed by another quorum`() async throws {
        let manifest = try manifest()
        let here = try await open(manifest)
        let away = try TestStore()
        let there = try #require(
            try await away.registry.session(
                manifest.key.discoveryKey, creating: CoreIdentity(key: manifest.key, manifest: manifest.encoded)))
        let pipe = MemoryPipe(store.registry, away.registry)
        _ = (try here.download(), try there.download())
        for (turn, quorum) in [[0, 1], [1, 2], [2, 0], [0, 1, 2]].enumerated() {
            let (log, other) = turn.isMultiple(of: 2) ? (here, there) : (there, here)
            let blocks = numberedBlocks(turn * 10..<turn * 10 + turn + 1)
            let length = log.length + UInt64(blocks.count)
            try await log.append(
                contentsOf: blocks, signature: try sign(try log.signableTree(appending: blocks), by: quorum))
            try await until { other.contiguousLength == length }
            #expect(try other.treeHash() == log.treeHash())
        }
        #expect(here.length == 10)
        await pipe.cutAndWait()
    }
}
