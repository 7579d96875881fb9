import CompactEncoding
import Corestore
import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct ArchiveRoundTripTests {
    /// Imports an archive of `log` into a new store, and compares.
    private func expectRoundTrip(_ log: Hypercore, _ comment: Comment? = nil) async throws {
        let store = try await Corestore.inMemory()
        let copy = try await store.importArchive(try await log.archived(), expecting: log.key)
        #expect(copy.key == log.key && copy.length == log.length && copy.byteLength == log.byteLength, comment)
        #expect(try copy.treeHash() == log.treeHash(), comment)
        #expect(copy.contiguousLength == log.contiguousLength, comment)
        #expect(try copy.storedBlocks() == log.storedBlocks(), comment)
        #expect(!copy.isWritable)
        if log.contiguousLength == log.length { #expect(try copy.storedNodes() == log.storedNodes(), comment) }
        // What was imported can be exported, and is the same again.
        #expect(try await copy.archived() == log.archived(), comment)
        try await store.close()
    }

    @Test func `a log of any small length goes out and in`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log")
        for length in 0...40 {
            try await expectRoundTrip(log, "\(length) blocks")
            try await log.appendBlocks(sizes: [length * 7 % 50], seed: UInt64(length))
        }
        try await store.close()
    }

    @Test func `many chunks go out and in: runs of small blocks, large ones, and the largest there can be`()
        async throws
    {
        let store = try await Corestore.inMemory()
        var sizes =
            Array(repeating: 10, count: 2500) + Array(repeating: 300_000, count: 9) + [0, 1 << 20, (1 << 20) + 1, 0]
        sizes += [Hypercore.maximumBlockByteCount, 0, 3]
        try await expectRoundTrip(try await store.log(sizes: sizes))
        try await store.close()
    }

    @Test func `a log with gaps goes out and in with the same gaps`() async throws {
        let store = try await Corestore.inMemory()
        for seed in 0..<12 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let count = Int.random(in: 1...3000, using: &generator)
            let log = try await store.log("\(seed)", sizes: Array(repeating: 20, count: count), seed: seed)
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let start = UInt64.random(in: 0..<UInt64(count), using: &generator)
                try await log.clear(start..<start + UInt64.random(in: 1...1500, using: &generator))
            }
            try await expectRoundTrip(log, "seed \(seed)")
        }
        try await store.close()
    }

    @Test func `a log of which nothing is here goes out and in as its head`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.log(sizes: [1, 2, 3, 4, 5])
        try await log.clear(0..<5)
        try await expectRoundTrip(log)
        try await store.close()
    }

    @Test func `a log that was truncated goes out and in with its fork`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.log(sizes: Array(repeating: 30, count: 20))
        try await log.truncate(to: 13)
        try await log.appendBlocks(sizes: [5, 6, 7], seed: 9)
        try await log.truncate(to: 15, fork: 7)
        try await log.appendBlocks(sizes: [1, 1], seed: 10)
        let other = try await Corestore.inMemory()
        let copy = try await other.importArchive(try await log.archived())
        #expect(copy.fork == 7 && copy.length == 17)
        try await expectRoundTrip(log)
        try await other.close()
        try await store.close()
    }

    @Test func `a core from before manifests goes out and in`() async throws {
        let keyPair = KeyPair(seed: SecretBytes(copying: Array(repeating: 7, count: 32)))
        let key = CoreKey(keyPair.publicKey.bytes)
        let manifest = CoreManifest.assumed(for: key)
        let store = try await Corestore.holding(
            CoreIdentity(key: key, manifest: manifest.encoded, seed: keyPair.seed))
        let log = try await store.get(key: key)
        try await log.appendBlocks(sizes: [10, 20, 30], seed: 3)
        try await expectRoundTrip(log)
        try await store.close()
    }

    @Test func `a static core goes in, whatever its header says of the fork`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.log(sizes: [10, 20, 30])
        let manifest = try CoreManifest.static(.init(hash: try log.treeHash(), length: 3))
        var parts = try ArchiveParts(try await log.archived())
        parts.header.key = manifest.key
        parts.header.manifest = manifest.encoded
        parts.header.signature = []
        parts.header.head.fork = 12
        let copy = try await (try await Corestore.inMemory()).importArchive(parts.bytes)
        #expect(copy.key == manifest.key && copy.fork == 0 && copy.contiguousLength == 3)
        #expect(try copy.storedBlocks() == log.storedBlocks())
        try await expectRoundTrip(copy)
        try await store.close()
    }

    @Test func `an archive can come in pieces of any length`() async throws {
        let store = try await Corestore.inMemory()
        let bytes = try await store.log(sizes: [100, 0, 30]).archived()
        for count in [1, 2, 3, 7, 64, bytes.count] {
            let other = try await Corestore.inMemory()
            let copy = try await other.importArchive(from: Pieces(bytes: bytes, pieceByteCount: count))
            #expect(copy.contiguousLength == 3)
            try await other.close()
        }
        try await store.close()
    }

    @Test func `blocks that are encrypted stay as they are, and no seed is in an archive`() async throws {
        let seed = Array(0..<32 as Range<UInt8>)
        let keyPair = KeyPair(seed: SecretBytes(copying: seed))
        let manifest = CoreManifest(singleSigner: keyPair.publicKey)
        let store = try await Corestore.holding(
            CoreIdentity(key: manifest.key, manifest: manifest.encoded, seed: keyPair.seed))
        let log = try await store.get(key: manifest.key)
        var generator = SeededGenerator(seed: 5)
        let (opaque, secret) = (generator.bytes(500), Array("the plain text of nobody's business".utf8))
        let pad = generator.bytes(secret.count)
        try await log.append(contentsOf: [opaque, zip(secret, pad).map { $0 ^ $1 }])
        var archive: [UInt8] = []
        for try await part in try log.archive(compressedAt: nil) { archive += part }
        #expect(archive.contains(opaque) && !archive.contains(secret))
        #expect(!archive.contains(seed))
        #expect(archive.contains(keyPair.publicKey.bytes.array))
        let copy = try await (try await Corestore.inMemory()).importArchive(archive)
        #expect(try copy.read(0) == opaque && !copy.holdsSigningKey)
        try await store.close()
    }

    @Test func `what compresses makes a small archive`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: (0..<200).map { Array("line \($0) of a text that says little\n".utf8) })
        var plain = 0
        for try await part in try log.archive(compressedAt: nil) { plain += part.count }
        #expect(try await log.archived().count * 3 < plain)
        try await store.close()
    }

    @Test func `a log whose manifest is not known here cannot be exported`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(key: CoreKey(Bytes32([UInt8](repeating: 3, count: 32))!))
        #expect { try log.archive() } throws: { ($0 as? HypercoreError)?.code == .notAvailable }
        try await store.close()
    }

    @Test func `an archive is of the moment at which it was begun`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.log(sizes: Array(repeating: 400_000, count: 6))
        let expected = try await log.archived()
        let archive = try log.archive()
        var bytes: [UInt8] = []
        for try await part in archive {
            if bytes.isEmpty {
                try await log.truncate(to: 1)
                try await log.append([1, 2, 3])
            }
            bytes += part
        }
        #expect(bytes == expected)
        try await store.close()
    }
}
