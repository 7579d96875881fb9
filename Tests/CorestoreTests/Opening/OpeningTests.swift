import CompactEncoding
import Corestore
import Crypto
import Hypercore
import Manifest
import MerkleTree
import Testing

/// How a log is opened: by what is known of it, made or not.
@Suite(.timeLimit(.minutes(5))) struct OpeningTests {
    @Test func `a log of a key pair is made, and written again by whoever opens it by any of its names`() async throws {
        let directory = try TemporaryDirectory()
        let keyPair = KeyPair()
        var store = try await directory.open()
        let log = try await store.get(.keyPair(keyPair).named("mine"))
        #expect(log.key == CoreManifest(singleSigner: keyPair.publicKey).key)
        #expect(log.isWritable && log.holdsSigningKey)
        #expect(log.manifest == CoreManifest(singleSigner: keyPair.publicKey))
        try await log.append([1])
        try await store.close()

        store = try await directory.open()
        for reference in [
            CoreReference.name("mine"), .keyPair(keyPair), .key(log.key), .discoveryKey(log.discoveryKey),
            .manifest(CoreManifest(singleSigner: keyPair.publicKey)), .name("mine").signed(by: keyPair),
        ] {
            let session = try await store.get(reference)
            #expect(try session.key == log.key && session.isWritable && session.read(0) == [1])
        }
        #expect(try await store.get(keyPair: keyPair).append([2]).length == 2)
        try await store.close()
    }

    @Test func `a compat log has the public key for its key, and replicates`() async throws {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let keyPair = KeyPair()
        let log = try await left.get(keyPair: keyPair, isCompat: true)
        #expect(log.key.bytes == keyPair.publicKey.bytes)
        try await log.append(contentsOf: [[1], [2]])
        #expect(try log.signable().count == 80)
        let copy = try await right.get(key: log.key)
        #expect(copy.manifest == nil)
        let pipe = StorePipe(left, right)
        #expect(try await copy.get(1) == [2])
        #expect(copy.manifest == log.manifest)
        await pipe.cut()
        // A key and the key pair are enough to know that it is a compat log.
        #expect(try await left.get(.key(log.key).signed(by: keyPair)).append([3]).length == 3)
        try await left.close()
        try await right.close()
    }

    @Test func `what is not to be made is not found`() async throws {
        let store = try await Corestore.inMemory()
        let options = SessionOptions(createIfMissing: false)
        let keyPair = KeyPair()
        for reference in [
            CoreReference.name("log"), .keyPair(keyPair), .key(CoreKey(.zero)), .discoveryKey(DiscoveryKey(.zero)),
            .manifest(CoreManifest(singleSigner: keyPair.publicKey)),
        ] {
            await expectError(.notFound) { _ = try await store.get(reference, options: options) }
            await expectError(.notFound) {
                _ = try await store.get(reference, options: SessionOptions(createIfMissing: false, overwrite: true))
            }
        }
        #expect(try await store.listed().isEmpty)
        let log = try await store.get(name: "log")
        #expect(try await store.get(name: "log", options: options).key == log.key)
        try await store.close()
        await expectError(.closed) { _ = try await store.get(keyPair: keyPair) }
    }

    @Test func `a manifest that is not that of the key, or a signer that it does not declare, is refused`() async throws
    {
        let store = try await Corestore.inMemory()
        let (own, foreign) = (KeyPair(), KeyPair())
        let manifest = CoreManifest(singleSigner: own.publicKey)
        for reference in [
            CoreReference.key(CoreKey(.zero)).with(manifest), .manifest(manifest).signed(by: foreign),
            .key(manifest.key).signed(by: foreign), .manifest(manifest).signed(by: Elsewhere(keyPair: foreign)),
        ] {
            await expectLogError(.invalidManifest) { _ = try await store.get(reference) }
            #expect(try await store.listed().isEmpty, "nothing was made")
        }
        _ = try await store.get(key: manifest.key)
        await expectLogError(.invalidManifest) { _ = try await store.get(.key(manifest.key).signed(by: foreign)) }
        await expectLogError(.invalidManifest) { _ = try await store.get(.key(CoreKey(.zero)).with(manifest)) }
        try await store.close()
    }

    @Test func `what is learnt of a log later is kept: its manifest, its key pair, its name`() async throws {
        let directory = try TemporaryDirectory()
        let keyPair = KeyPair()
        let manifest = CoreManifest(singleSigner: keyPair.publicKey)
        var store = try await directory.open()
        let log = try await store.get(key: manifest.key)
        #expect(log.manifest == nil && !log.isWritable)
        await expectLogError(.invalidManifest) {
            try await log.setManifest(CoreManifest(singleSigner: KeyPair().publicKey))
        }
        try await log.setManifest(manifest)
        try await log.setManifest(manifest)
        #expect(log.manifest == manifest && !log.isWritable)
        _ = try await store.get(.keyPair(keyPair).named("log"))
        #expect(log.isWritable && log.holdsSigningKey)
        try await log.append([1])
        try await store.close()

        store = try await directory.open()
        let again = try await store.get(name: "log")
        #expect(again.key == manifest.key && again.manifest == manifest)
        #expect(try await again.append([2]).length == 2)
        await again.close()
        await expectLogError(.closed) { try await again.setManifest(manifest) }
        try await store.close()
    }

    @Test func `a name that leads to another log is kept, unless it is forced`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.open()
        let (first, second) = (try await store.get(name: "log"), KeyPair())
        try await first.append([1])
        let wanted = CoreReference.keyPair(second).named("log")
        await expectLogError(.anotherCore) { _ = try await store.get(wanted) }
        let force = SessionOptions(force: true)
        await expectLogError(.inUse) { _ = try await store.get(wanted, options: force) }
        #expect(try first.read(0) == [1])
        await first.close()
        let log = try await store.get(wanted, options: force)
        #expect(log.length == 0 && log.key == CoreManifest(singleSigner: second.publicKey).key)
        #expect(try await store.listed() == [log.discoveryKey])
        await expectLogError(.anotherCore) { _ = try await store.get(.key(log.key).named("other")) }
        try await log.append([2])
        // Forcing what is there already changes nothing.
        #expect(try await store.get(wanted, options: force).length == 1)
        try await store.close()

        store = try await directory.open()
        #expect(try await store.get(name: "log").read(0) == [2])
        await expectError(.notFound) { _ = try await store.get(discoveryKey: first.discoveryKey) }
        try await store.close()
    }

    @Test func `a log is forced out of its name, and another begun anew, while peers are connected`() async throws {
        let (store, away) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let pipe = StorePipe(store, away)
        let other = try await store.get(name: "other")
        _ = try await away.get(key: other.key)
        // Known to the store and open nowhere, so that no peer has anything to do with it.
        let (kept, going) = (KeyPair(), KeyPair())
        for keyPair in [kept, going] {
            let log = try await store.get(.keyPair(keyPair).named("\(keyPair.publicKey)"))
            try await log.append([1])
            await log.close()
        }
        await pipe.cut()
        let again = StorePipe(store, away)
        let forced = try await store.get(
            .keyPair(KeyPair()).named("\(going.publicKey)"), options: SessionOptions(force: true))
        let anew = try await store.get(keyPair: kept, options: SessionOptions(overwrite: true))
        for (log, block) in [(forced, 5), (anew, 6)] as [(Hypercore, UInt8)] {
            try await log.append([block])
            #expect(try await away.get(key: log.key).get(0) == [block])
        }
        #expect(try await store.listed().count == 3)
        await again.cut()
        try await store.close()
        try await away.close()
    }

    @Test func `a log is begun anew, and keeps its name and keys`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.open()
        let overwrite = SessionOptions(overwrite: true)
        for reference in [CoreReference.name("derived"), .keyPair(KeyPair()).named("pair"), .keyPair(KeyPair())] {
            let log = try await store.get(reference)
            try await log.append(contentsOf: [[1], [2], [3]])
            try await log.truncate(to: 2)
            try await log.setUserData([1], for: "key")
            await expectLogError(.inUse) { _ = try await store.get(reference, options: overwrite) }
            #expect(log.length == 2)
            await log.close()

            // By its key alone, so that everything else has to come from what was there.
            let anew = try await store.get(key: log.key, options: overwrite)
            #expect(anew.length == 0 && anew.fork == 0 && anew.key == log.key && anew.isWritable)
            #expect(try anew.read(0) == nil && anew.userData("key") == nil && !anew.has(0))
            #expect(anew.manifest == log.manifest)
            #expect(try await anew.append([9]).length == 1)
            await anew.close()
            #expect(try await store.get(reference).read(0) == [9])
        }
        try await store.finishSweeping()
        #expect(try await store.storageInfo().logs.blocks.recordCount == 3, "what was there is swept")
        try await store.close()

        store = try await directory.open()
        #expect(try await store.get(name: "derived").read(0) == [9])
        #expect(try await store.get(name: "pair").read(0) == [9])
        try await store.close()
        store = try await directory.open { $0.readOnly = true }
        await expectLogError(.notWritable) { _ = try await store.get(name: "pair", options: overwrite) }
        #expect(try await store.get(name: "pair").read(0) == [9])
        await expectError(.notFound) { _ = try await store.get(keyPair: KeyPair()) }
        try await store.close()
    }

    @Test func `a log that is not there is made although it was to be overwritten`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log", options: SessionOptions(overwrite: true))
        #expect(try await log.append([1]).length == 1)
        try await store.close()
    }

    @Test func `many who open one log at once open the same`() async throws {
        let store = try await Corestore.inMemory()
        let keyPair = KeyPair()
        try await withThrowingTaskGroup(of: CoreKey.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let reference: CoreReference =
                        number.isMultiple(of: 2)
                        ? .keyPair(keyPair).named("log") : .key(CoreManifest(singleSigner: keyPair.publicKey).key)
                    return try await store.get(reference).key
                }
            }
            for try await key in group { #expect(key == CoreManifest(singleSigner: keyPair.publicKey).key) }
        }
        #expect(try await store.listed().count == 1)
        let log = try await store.get(name: "log")
        #expect(log.isWritable)
        try await store.close()
    }

    @Test func `a name that two logs are given at once is given to one`() async throws {
        let store = try await Corestore.inMemory()
        let keyPairs = (0..<8).map { _ in KeyPair() }
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for keyPair in keyPairs {
                group.addTask { (try? await store.get(.keyPair(keyPair).named("log"))) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(outcomes == 1)
        #expect(try await store.listed().count == 1)
        #expect(try await store.get(name: "log").isWritable)
        try await store.close()
    }

    @Test func `the store's own log that came back by its key is signed only when its history is trusted`() async throws
    {
        let key = Bytes32(Array(repeating: 7, count: 32))
        func open() async throws -> Corestore {
            try await Corestore.inMemory { options in (options.primaryKey, options.unsafe) = (key, true) }
        }
        let (original, restored) = (try await open(), try await open())
        let log = try await original.get(name: "log")
        try await log.append(contentsOf: [[1], [2]])
        let copy = try await restored.get(key: log.key)
        let pipe = StorePipe(original, restored)
        try await copy.download(end: 2).finished()
        await pipe.cut()
        let named = try await restored.get(name: "log")
        #expect(named.key == log.key && named.holdsSigningKey && named.appendingStop == .overtaken)
        await expectLogError(.appendingStopped) { try await named.append([3]) }
        try await named.trustHistory()
        #expect(try await named.append([3]).length == 3)
        try await original.close()
        try await restored.close()
    }
}

/// A signer that has to be waited for.
private struct Elsewhere: AsyncSigner {
    let keyPair: KeyPair
    var publicKey: PublicKey { keyPair.publicKey }
    func sign(_ message: [UInt8]) async throws -> Bytes64 { keyPair.sign(message) }
}

/// Manifests of every version and with every part.
@Suite(.timeLimit(.minutes(5))) struct OpeningByManifestTests {
    @Test func `a log of any manifest with one signer is made, read back, and replicated`() async throws {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let pipe = StorePipe(left, right)
        let keyPair = KeyPair()
        let signers = [ManifestSigner(publicKey: keyPair.publicKey)]
        let fixed: [[UInt8]] = [[7], [8, 9]]
        let manifests = [
            try CoreManifest(version: .v0, signers: signers), try CoreManifest(version: .v1, signers: signers),
            try CoreManifest(version: .v0, allowPatch: true, signers: signers),
            try CoreManifest(allowPatch: true, signers: signers),
            try CoreManifest(signers: signers, linked: [CoreKey(.zero)], userData: [1, 2, 3]),
            try CoreManifest(version: .v2, signers: signers, userData: []),
            try CoreManifest(quorum: 1, signers: signers + [ManifestSigner(publicKey: KeyPair().publicKey)]),
            try CoreManifest(signers: signers, prologue: .init(hash: treeHash(of: fixed), length: 2)),
        ]
        for manifest in manifests {
            let log = try await left.get(.manifest(manifest).signed(by: keyPair))
            #expect(log.key == manifest.key && log.manifest == manifest && log.isWritable, "\(manifest)")
            try await log.append(contentsOf: fixed)
            try await log.append([3])
            let copy = try await right.get(key: manifest.key)
            #expect(try await copy.get(2) == [3], "\(manifest)")
            #expect(try await copy.get(0) == fixed[0])
            #expect(copy.manifest == manifest)
            #expect(try copy.treeHash() == log.treeHash())
        }
        await pipe.cut()
        try await left.close()
        try await right.close()
    }

    @Test func `a huge manifest is kept, and sent to who asks for it`() async throws {
        let directory = try TemporaryDirectory()
        let keyPair = KeyPair()
        let others = (1..<CoreManifest.Limits.signers).map { number in
            ManifestSigner(publicKey: PublicKey(BLAKE2b.hash([UInt8(number & 0xff), UInt8(number >> 8)])))
        }
        let manifest = try CoreManifest(
            quorum: 1, signers: others + [ManifestSigner(publicKey: keyPair.publicKey)],
            linked: (0..<4096).map { CoreKey(BLAKE2b.hash([1, UInt8($0 & 0xff), UInt8($0 >> 8)])) },
            userData: Array(repeating: 7, count: CoreManifest.Limits.userDataByteLength))
        var store = try await directory.open()
        let log = try await store.get(.manifest(manifest).signed(by: keyPair).named("huge"))
        try await log.append([1])
        try await store.close()
        store = try await directory.open()
        let again = try await store.get(name: "huge")
        #expect(again.manifest == manifest && again.isWritable)
        let away = try await Corestore.inMemory()
        let copy = try await away.get(key: manifest.key)
        let pipe = StorePipe(store, away)
        #expect(try await copy.get(0) == [1])
        #expect(copy.manifest == manifest)
        await pipe.cut()
        try await store.close()
        try await away.close()
    }

    @Test func `a log of several signers is opened by name with the key of one, and by a signer that is waited for`()
        async throws
    {
        let store = try await Corestore.inMemory()
        let keyPairs = [KeyPair(), KeyPair()]
        let manifest = try CoreManifest(signers: keyPairs.map { ManifestSigner(publicKey: $0.publicKey) })
        let log = try await store.get(.manifest(manifest).named("shared"))
        #expect(!log.holdsSigningKey && !log.isWritable)
        let session = try await store.get(.name("shared").signed(by: keyPairs[0]))
        #expect(session.key == log.key && log.holdsSigningKey && !log.isWritable)
        let waiting = try await store.get(.name("shared").signed(by: Elsewhere(keyPair: keyPairs[1])))
        let tree = try waiting.signableTree(appending: [[1]])
        let signature = try tree.assemble([
            try tree.share(), try await tree.share(by: Elsewhere(keyPair: keyPairs[1])),
        ])
        #expect(try await log.append(contentsOf: [[1]], signature: signature).length == 1)
        await expectLogError(.invalidManifest) { _ = try await store.get(.name("shared").signed(by: KeyPair())) }
        let new = try await store.get(.name("new").signed(by: keyPairs[0]))
        #expect(new.key == CoreManifest(singleSigner: keyPairs[0].publicKey).key && new.isWritable)
        await expectLogError(.invalidManifest) {
            _ = try await store.get(.discoveryKey(new.discoveryKey).with(manifest))
        }
        try await store.close()
    }

    @Test func `a reader that was given the manifest reads from a peer that needs no longer send it`() async throws {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let log = try await left.get(name: "log")
        try await log.append([1])
        let copy = try await right.get(key: log.key)
        try await copy.setManifest(try #require(log.manifest))
        let pipe = StorePipe(left, right)
        #expect(try await copy.get(0) == [1])
        await pipe.cut()
        try await left.close()
        try await right.close()
    }
}

/// The hash of the tree of these blocks.
func treeHash(of blocks: [[UInt8]]) throws -> Bytes32 {
    var head = TreeHead()
    let hashing = BLAKE2bTreeHashing()
    _ = try head.append(blocks.map { TreeLeaf(hash: hashing.leaf($0.span.bytes), size: UInt64($0.count)) })
    return head.treeHash()
}
