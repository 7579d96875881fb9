import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

private let secret = SecretBytes(copying: Array(repeating: 42, count: 32))

@Suite(.timeLimit(.minutes(5))) struct EncryptionTests {
    @Test func `who has the key reads blocks, and nobody else does`() async throws {
        let store = try TestStore()
        let log = try await store.writable(encryption: .key(secret))
        let blocks: [[UInt8]] = [Array("hello".utf8), [], Array(repeating: 1, count: 100_000)]
        let result = try await log.append(contentsOf: blocks)
        #expect(result == .init(length: 3, byteLength: 100_005))
        #expect(try log.byteLength == 100_005 && log.info().storedByteLength == 100_029)
        for (index, block) in blocks.enumerated() {
            #expect(try log.read(UInt64(index)) == block)
            #expect(try await log.get(UInt64(index)) == block)
        }
        let cipher = BlockCipher(try BlockKeys(encryptionKey: secret, core: log.key, isCompat: false))
        let (plain, wrong) = (
            try await store.writable(),
            try await store.writable(encryption: .key(SecretBytes(copying: Array(repeating: 43, count: 32))))
        )
        for (index, block) in blocks.enumerated() {
            let index = UInt64(index)
            #expect(try plain.read(index) == cipher.encrypt(block.span.bytes, index: index, fork: 0))
            #expect(try wrong.read(index)?.count == block.count && (block.isEmpty || wrong.read(index) != block))
        }
        let again = try await store.reopened().writable(encryption: .key(secret))
        #expect(try (0..<3).map { try again.read($0) } == blocks)
    }

    @Test func `a peer without the key keeps and serves what one with the key reads`() async throws {
        let (writer, keeper, reader) = (try TestStore(), try TestStore(), try TestStore())
        let log = try await writer.writable(encryption: .key(secret))
        try await log.append(contentsOf: numberedBlocks(0..<20))
        let kept = try await keeper.reader(of: log.key)
        let first = MemoryPipe(writer.registry, keeper.registry)
        try await kept.download(end: 20).finished()
        await first.cutAndWait()
        #expect(try kept.treeHash() == log.treeHash() && kept.read(3) != log.read(3) && kept.read(3)?.count == 15)

        let copy = try #require(
            try await reader.registry.session(
                log.discoveryKey, creating: CoreIdentity(key: log.key),
                options: SessionOptions(encryption: .key(secret))))
        let second = MemoryPipe(keeper.registry, reader.registry)
        for (index, block) in numberedBlocks(0..<20).enumerated() {
            #expect(try await copy.get(UInt64(index)) == block)
        }
        second.cut()
    }

    @Test func `the largest block counts its padding`() async throws {
        let log = try await TestStore().writable(encryption: .key(secret))
        let largest = Array(repeating: UInt8(3), count: Hypercore.maximumBlockByteCount - 8)
        await expectError(.blockTooLarge) { try await log.append(contentsOf: [[1], largest + [0]]) }
        #expect(log.length == 0)
        try await log.append(largest)
        #expect(try log.read(0) == largest)
    }

    @Test func `a log from before manifests has keys of its own kind`() async throws {
        let keyPair = KeyPair()
        let manifest = CoreManifest.assumed(for: CoreKey(keyPair.publicKey.bytes))
        let identity = CoreIdentity(
            key: CoreKey(keyPair.publicKey.bytes), manifest: manifest.encoded, seed: keyPair.seed)
        let store = try TestStore()
        let log = try #require(
            try await store.registry.session(
                identity.key.discoveryKey, creating: identity, options: SessionOptions(encryption: .key(secret))))
        try await log.append([1, 2, 3])
        let cipher = BlockCipher(try BlockKeys(encryptionKey: secret, core: log.key, isCompat: true))
        let plain = try #require(try await store.stored(log.key))
        #expect(try plain.read(0) == cipher.encrypt(([1, 2, 3] as [UInt8]).span.bytes, index: 0, fork: 0))
    }

    @Test func `snapshots and batches go by the session's key`() async throws {
        let store = try TestStore()
        let log = try await store.writable(encryption: .key(secret))
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let snapshot = try log.snapshot()
        try await log.truncate(to: 1)
        try await store.registry.atomically { batch in
            try batch.append(contentsOf: [[1], [2]], to: log)
            #expect(try batch.append([3], to: log) == .init(length: 4, byteLength: 10))
            #expect(try batch.read(0, of: log) == Array("block 0".utf8))
            #expect(try batch.read(2, of: log) == [2])
        }
        #expect(try snapshot.read(2) == Array("block 2".utf8))
        #expect(try (1..<4).map { try log.read($0) } == [[1], [2], [3]])
        let cipher = BlockCipher(try BlockKeys(encryptionKey: secret, core: log.key, isCompat: false))
        #expect(try await store.writable().read(3) == cipher.encrypt(([3] as [UInt8]).span.bytes, index: 3, fork: 1))
    }

    @Test func `an encryptor of one's own is asked for every block`() async throws {
        let store = try TestStore()
        let log = try await store.writable(encryption: .custom(Reverser()))
        try await log.append(contentsOf: [[1, 2, 3], []])
        #expect(try log.read(0) == [1, 2, 3] && log.read(1) == [])
        #expect(try await store.writable().read(0) == [3, 2, 1, 0])
        let error = await expectError(.encryptionFailed) { try await log.append(contentsOf: [[1], [13]]) }
        #expect(error?.key == log.key)
        await expectError(.encryptionFailed) { try await log.append([14]) }
        #expect(log.length == 2 && log.stagedLength == 2 && log.lineCount == 0)
        #expect(try await log.append([4]).length == 3)
    }

    @Test func `what cannot be decrypted, and keys that are none, say so`() async throws {
        let store = try TestStore()
        let (log, plain) = (try await store.writable(encryption: .key(secret)), try await store.writable())
        try await plain.append([1, 2, 3])
        await expectError(.encryptionFailed) { _ = try log.read(0) }
        await expectError(.encryptionFailed) { _ = try await log.get(0) }
        let short = try await store.writable(encryption: .key(SecretBytes(copying: [1])))
        await expectError(.encryptionFailed) { try await short.append([1]) }
        await expectError(.encryptionFailed) { _ = try short.read(0) }
        #expect(log.length == 1)
    }

    @Test func `two tasks that wait for one encrypted block both get it in the clear`() async throws {
        let (origin, away) = (try TestStore(), try TestStore())
        let log = try await origin.writable(encryption: .key(secret))
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let copy = try #require(
            try await away.registry.session(
                log.discoveryKey, creating: CoreIdentity(key: log.key), options: .encrypted(.key(secret))))
        let waiting = (0..<2).map { _ in Task { try await copy.get(2) } }
        let pipe = MemoryPipe(origin.registry, away.registry)
        for task in waiting { #expect(try await task.value == numberedBlocks(2..<3)[0]) }
        #expect(try copy.read(2) == numberedBlocks(2..<3)[0])
        await pipe.cutAndWait()
    }

    @Test func `whatever adds blocks tells their bytes without the padding`() async throws {
        let store = try TestStore()
        let log = try await store.writable(encryption: .key(secret))
        #expect(try await log.append([1, 2, 3]).byteLength == 3)
        let tree = try log.signableTree(appending: [[4]])
        let signature = try tree.assemble([try tree.share()])
        #expect(try await log.append(contentsOf: [[4]], signature: signature).byteLength == 4)
        let branch = try await log.branch("draft")
        #expect(try await branch.append([5, 6]).byteLength == 6)
        #expect(try await log.commit(branch).byteLength == 6)
        #expect(log.byteLength == 6)
        #expect(try log.info().storedByteLength == 6 + 3 * 8)
        #expect(try (0..<3).map { try log.read($0) } == [[1, 2, 3], [4], [5, 6]])
    }
}

// MARK: - Places

@Suite(.timeLimit(.minutes(5))) struct EncryptedPlaceTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `encrypted and plain appends and failing commits mix, and each block is where it was told`(
        seed: UInt64
    ) async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, durability: .full)
        let (log, plain) = (try await store.writable(encryption: .key(secret)), try await store.writable())
        for ordinal in [2, 5, 6, 11] { engine.inject(.init(.commit, ordinal: ordinal + Int(seed))) }
        let found = await withTaskGroup(of: [Acknowledged].self) { group in
            for task in 0..<16 as Range<UInt8> {
                group.addTask { await Self.append(by: task, to: task.isMultiple(of: 4) ? plain : log, seed: seed) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(log.length == UInt64(found.count) && found.count > 100, "seed \(seed)")
        #expect(Set(found.map(\.index)).count == found.count, "seed \(seed): two blocks in one place")
        for entry in found {
            #expect(try entry.session.read(entry.index) == entry.block, "seed \(seed), block \(entry.index)")
        }
    }

    private struct Acknowledged: Sendable {
        let session: Hypercore
        let index: UInt64
        let block: [UInt8]
    }

    private static func append(by task: UInt8, to session: Hypercore, seed: UInt64) async -> [Acknowledged] {
        var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(task))
        var acknowledged: [Acknowledged] = []
        for round in 0..<12 as Range<UInt8> {
            let blocks = (0..<Int.random(in: 1...3, using: &generator)).map { number in
                [task, round, UInt8(number)] + generator.bytes(Int.random(in: 0...400, using: &generator))
            }
            do {
                let start = try await session.append(contentsOf: blocks).length - UInt64(blocks.count)
                for (offset, block) in blocks.enumerated() {
                    acknowledged.append(.init(session: session, index: start + UInt64(offset), block: block))
                }
            } catch {
                #expect((error as? HypercoreError)?.code == .storage, "seed \(seed): \(error)")
            }
        }
        return acknowledged
    }

    @Test func `appends that were encrypted on top of a failed commit are encrypted for where they land`() async throws
    {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let gate = GatedEngine(engine)
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable(encryption: .key(secret))
        try await log.append([100])
        gate.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await expectError(.storage) { try await log.append(contentsOf: [[200], [201]]) } }
            await gate.waitUntilHolding()
            for index in 0..<30 as Range<UInt8> {
                group.addTask {
                    let length = try await log.append([index]).length
                    #expect(try log.read(length - 1) == [index])
                }
            }
            try await until { log.gatheredLength == 33 }
            engine.inject(.init(.commit))
            gate.open()
            try await group.waitForAll()
        }
        #expect(log.length == 31)
        let blocks = try (1..<31).map { try #require(try log.read($0)) }
        #expect(Set(blocks) == Set((0..<30).map { [$0] }))
    }

    @Test func `a block that is written anew after a truncation is encrypted for its fork`() async throws {
        let store = try TestStore()
        let (log, plain) = (try await store.writable(encryption: .key(secret)), try await store.writable())
        try await log.append(contentsOf: [[1], [2]])
        let before = try plain.read(1)
        try await log.truncate(to: 1)
        try await log.append([2])
        #expect(try log.read(1) == [2] && plain.read(1) != before)
    }

    @Test func `blocks are encrypted outside the log's lock, at a place that is kept for them`() async throws {
        let onlooker = Onlooker()
        let log = try await TestStore().writable(encryption: .custom(onlooker))
        onlooker.look = { "\(log.lineCount) in line, \(log.stagedLength) staged" }
        try await log.append(contentsOf: [[1], [2]])
        try await log.append([3])
        #expect(onlooker.seen == ["1 in line, 0 staged", "1 in line, 0 staged", "1 in line, 2 staged"])
        onlooker.look = nil
    }
}

/// Writes blocks backwards, with a zero at the end; dislikes 13, and makes 14 too long.
private struct Reverser: BlockEncryptor {
    struct Dislike: Error {}

    let paddingByteCount = 1

    func encrypt(_ block: RawSpan, index: UInt64, fork: UInt64) throws -> [UInt8] {
        let block = block.withUnsafeBytes { Array($0) }
        if block == [13] { throw Dislike() }
        return block.reversed() + (block == [14] ? [0, 0] : [0])
    }

    func decrypt(_ stored: RawSpan, index: UInt64) throws -> [UInt8] {
        stored.withUnsafeBytes { Array($0) }.dropLast().reversed()
    }
}

/// Encrypts nothing, and looks around while it does.
private final class Onlooker: BlockEncryptor {
    private let state = Mutex((look: (@Sendable () -> String)?.none, seen: [String]()))
    let paddingByteCount = 0

    var look: (@Sendable () -> String)? {
        get { state.withLock { $0.look } }
        set { state.withLock { $0.look = newValue } }
    }

    var seen: [String] { state.withLock { $0.seen } }

    func encrypt(_ block: RawSpan, index: UInt64, fork: UInt64) throws -> [UInt8] {
        if let sight = look?() { state.withLock { $0.seen.append(sight) } }
        return block.withUnsafeBytes { Array($0) }
    }

    func decrypt(_ stored: RawSpan, index: UInt64) throws -> [UInt8] { stored.withUnsafeBytes { Array($0) } }
}

// MARK: - Vectors

/// `encryption.json`, through a log.
@Suite(.timeLimit(.minutes(5))) struct LogEncryptionVectorTests {
    private struct Document: Decodable {
        let cases: [Vector]
    }

    private struct Vector: Decodable {
        let compat: Bool
        let key: Hex
        let encryptionKey: Hex
        let blockKey: Hex
        let forkAfter: UInt64
        let plain: [Hex]
        let stored: [Hex]
        let forksAtEncryption: [UInt64]
    }

    @Test func `a log with the recorded block key stores the recorded bytes, across a truncation`() async throws {
        for vector in try Vectors.load("encryption", as: Document.self).cases {
            let store = try TestStore()
            let key = SecretBytes(copying: vector.blockKey.bytes)
            let (log, plain) = (try await store.writable(encryption: .blockKey(key)), try await store.writable())
            for (index, block) in vector.plain.enumerated() {
                if vector.forksAtEncryption[index] > log.fork { try await log.truncate(to: UInt64(index)) }
                try await log.append(block.bytes)
            }
            #expect(log.fork == vector.forkAfter)
            for (index, stored) in vector.stored.enumerated() {
                #expect(try plain.read(UInt64(index)) == stored.bytes)
                #expect(try log.read(UInt64(index)) == vector.plain[index].bytes)
            }
        }
    }

    @Test func `a session on the recorded log makes the recorded bytes out of its encryption key, and reads them`()
        async throws
    {
        for vector in try Vectors.load("encryption", as: Document.self).cases {
            let key = CoreKey(try #require(Bytes32(vector.key.bytes)))
            let manifest = vector.compat ? CoreManifest.assumed(for: key).encoded : nil
            let session = try await TestStore().registry.session(
                key.discoveryKey, creating: CoreIdentity(key: key, manifest: manifest),
                options: SessionOptions(encryption: .key(SecretBytes(copying: vector.encryptionKey.bytes))))
            let log = try #require(session)
            let encryptor = try #require(log.cipher).encryptor(of: log.core)
            for (index, stored) in vector.stored.enumerated() {
                let (index, plain) = (UInt64(index), vector.plain[index].bytes)
                let fork = vector.forksAtEncryption[Int(index)]
                #expect(try encryptor.encrypt(plain.span.bytes, index: index, fork: fork) == stored.bytes)
                #expect(try log.decrypted(stored.bytes, at: index) == plain)
            }
        }
    }
}
