import CompactEncoding
import Corestore
import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import TestSupport
import Testing
import Zstandard

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct ArchiveDamageTests {
    /// A small archive of one chunk, which is compressed, with a gap.
    private func small() async throws -> (bytes: [UInt8], log: Hypercore, store: Corestore) {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: [
            [1], Array(repeating: 2, count: 90), Array(repeating: 2, count: 90), [3], [4],
        ])
        try await log.clear(3..<4)
        return (try await log.archived(), log, store)
    }

    /// A small archive of two chunks with gaps.
    private func sample() async throws -> (bytes: [UInt8], log: Hypercore, store: Corestore) {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: (0..<1030).map { _ in [] })
        try await log.clear(8..<1027)
        try await log.clear(2..<4)
        return (try await log.archived(), log, store)
    }

    /// Imports bytes that may be anything; whatever comes of it, only the log's own blocks and head may be stored.
    private func expectHarmless(
        _ bytes: [UInt8], _ log: Hypercore, _ comment: Comment
    ) async throws -> (any Error)? {
        let engine = MemoryEngine(tables: Schema.tables)
        let store = try await Corestore.open(engine, options: CorestoreOptions(durability: .relaxed))
        var failure: (any Error)?
        do {
            try await store.importArchive(from: Pieces(bytes: bytes, pieceByteCount: 100))
        } catch {
            failure = error
            #expect((error as? ArchiveError).map { $0.offset != nil } == true, "\(comment): \(error)")
        }
        let keys = try await store.listed()
        #expect(keys.isEmpty || keys == [log.discoveryKey], comment)
        for key in keys {
            let copy = try await store.get(discoveryKey: key)
            #expect(copy.length == 0 || copy.length == log.length && copy.fork == log.fork, comment)
            if copy.length > 0 { #expect(try copy.treeHash() == log.treeHash(), comment) }
            let blocks = try log.storedBlocks()
            for (index, block) in try copy.storedBlocks() { #expect(blocks[index] == block, comment) }
        }
        try await store.close()
        return failure
    }

    @Test func `no change of any byte gets anything stored that was not signed`() async throws {
        let (bytes, log, store) = try await small()
        for position in bytes.indices {
            for change in [0x01, 0x80] as [UInt8] {
                var changed = bytes
                changed[position] ^= change
                guard try await expectHarmless(changed, log, "byte \(position) ^ \(change)") == nil else { continue }
                // The byte said nothing then: a bit that is not used, or what the manifest's rules ignore in a signature
                // (PROTOCOL §3), a patch where none is allowed.
                let target = try await Corestore.inMemory()
                let copy = try await target.importArchive(changed)
                #expect(try copy.storedBlocks() == log.storedBlocks(), "byte \(position) ^ \(change)")
                var again = try ArchiveParts(try await copy.archived())
                again.header.signature = try ArchiveParts(bytes).header.signature
                #expect(again.bytes == bytes, "byte \(position) ^ \(change)")
                try await target.close()
            }
        }
        try await store.close()
    }

    @Test func `an archive that was cut anywhere is noticed, and what came before is kept`() async throws {
        let (bytes, log, store) = try await small()
        for length in bytes.indices {
            let error = try await expectHarmless(Array(bytes[..<length]), log, "cut at \(length)") as? ArchiveError
            let code: ArchiveError.Code = length <= ArchiveFormat.magic.count ? .notAnArchive : .truncated
            #expect(error?.code == code, "cut at \(length): \(String(describing: error))")
        }
        #expect(try await expectHarmless(bytes, log, "whole") == nil)
        try await store.close()
    }

    @Test func `chunks that are missing, doubled, swapped or followed by something are noticed`() async throws {
        let (bytes, log, store) = try await sample()
        let chunks = try ArchiveParts.frames(.chunk, in: bytes)
        #expect(chunks.count == 2)
        let (first, second) = (Array(bytes[chunks[0]]), Array(bytes[chunks[1]]))
        let (before, end) = (Array(bytes[..<chunks[0].lowerBound]), Array(bytes[chunks[1].upperBound...]))
        let header = Array(before[ArchiveParts.headerStart...])
        for (changed, words) in [
            (before + first + end, "does not fit"), (before + second + end, ""),
            (before + first + first + second + end, "order"),
            (before + second + first + end, ""), (bytes + [0], "follows"), (bytes + bytes, "follows"),
            (before + header + first + second + end, "second header"), (before + first + second + end + end, "follows"),
            (Array(before[..<ArchiveParts.headerStart]) + end, "begin with its header"),
        ] {
            let error = try await expectHarmless(changed, log, "\(words)") as? ArchiveError
            #expect(error?.code == .damaged && error?.message.contains(words) != false, "\(String(describing: error))")
        }
        try await store.close()
    }

    @Test func `damage is reported with its place and its blocks`() async throws {
        let (bytes, log, store) = try await sample()
        let chunk = try ArchiveParts.frames(.chunk, in: bytes)[1]
        var changed = bytes
        changed[chunk.lowerBound + 40] ^= 4
        let error = try await expectHarmless(changed, log, "a node") as? ArchiveError
        #expect(error?.offset == UInt64(chunk.lowerBound) && error?.blocks == 1027..<1030)
        #expect(error?.description.contains("blocks 1027 to 1029, byte \(chunk.lowerBound)") == true)
        try await store.close()
    }

    @Test func `other files, newer versions and other cores are told apart`() async throws {
        let (bytes, log, store) = try await sample()
        let target = try await Corestore.inMemory()
        await expectArchiveError(.notAnArchive) { try await target.importArchive([]) }
        await expectArchiveError(.notAnArchive) { try await target.importArchive(Array("PK\u{3}\u{4} something".utf8)) }
        var newer = bytes
        newer[ArchiveFormat.magic.count] = 2
        await expectArchiveError(.unsupportedVersion) { try await target.importArchive(newer) }
        let other = try await store.get(name: "other")
        await expectArchiveError(.wrongCore) { try await target.importArchive(bytes, expecting: other.key) }

        // The header of one core with another's key, or another's manifest.
        var parts = try ArchiveParts(bytes)
        parts.header.key = other.key
        await expectArchiveError(.notSigned) { try await target.importArchive(parts.bytes) }
        parts.header.manifest = try ArchiveParts(try await other.archived()).header.manifest
        await expectArchiveError(.notSigned) { try await target.importArchive(parts.bytes) }
        parts = try ArchiveParts(bytes)
        parts.header.head.fork = 1
        await expectArchiveError(.notSigned) { try await target.importArchive(parts.bytes) }
        parts.header.signature = []
        await expectArchiveError(.notSigned) { try await target.importArchive(parts.bytes) }
        #expect(try await target.listed().isEmpty)
        #expect(try await target.importArchive(bytes, expecting: log.key).length == 1030)
        try await store.close()
        try await target.close()
    }

    @Test func `a part that claims more than it may is refused by its claim`() async throws {
        let (bytes, log, store) = try await sample()
        let chunk = try ArchiveParts.frames(.chunk, in: bytes)[0]
        let before = Array(bytes[..<chunk.lowerBound])
        var claim = ByteWriter()
        claim.uint8(ArchiveFormat.Kind.chunk.rawValue)
        claim.uint32(1 << 30)
        let error = try await expectHarmless(before + claim.bytes, log, "1 GiB") as? ArchiveError
        #expect(error?.code == .damaged && error?.message.contains("claims \(1 << 30) bytes") == true)

        func expectRefused(_ words: String, _ write: (inout ByteWriter) -> Void) async throws {
            var payload = ByteWriter()
            write(&payload)
            let archive = before + ArchiveParts.frame(.chunk, payload.bytes)
            let error = try await expectHarmless(archive, log, "\(words)") as? ArchiveError
            #expect(error?.code == .damaged && error?.message.contains(words) == true, "\(String(describing: error))")
        }
        func runs(_ writer: inout ByteWriter, _ runs: [(UInt64, UInt64)]) {
            writer.array(runs) { writer, run in
                writer.uint(run.0)
                writer.uint(run.1)
            }
        }
        func sizes(_ writer: inout ByteWriter, _ sizes: [UInt64]) {
            writer.array(sizes) { writer, size in writer.uint(size) }
        }
        try await expectRefused("blocks of more than") { writer in
            runs(&writer, [(0, 2)])
            sizes(&writer, [1 << 20, 1])
        }
        try await expectRefused("blocks of more than") { writer in
            runs(&writer, [(0, 1)])
            sizes(&writer, [1 << 52])
        }
        for bad in [
            [(0, 1025)], [(1023, 2)], [(0, 0)], [(4, 1), (5, 1)], [(4, 1), (2, 1)], [(4, 1), (1024, 1)],
            [(1 << 52, 1 << 52)],
        ]
            as [[(UInt64, UInt64)]]
        {
            try await expectRefused("out of order or outside") { runs(&$0, bad) }
        }
        try await expectRefused("without blocks") { runs(&$0, []) }

        // A zstd frame that states more content than the blocks have.
        var compressor = try Compressor(level: 1)
        _ = try compressor.compress([UInt8](repeating: 0, count: 8 << 20).span.bytes)
        let bomb = [UInt8](copying: compressor.output)
        try await expectRefused("is the most") { writer in
            runs(&writer, [(0, 1)])
            sizes(&writer, [100])
            writer.array([UInt8]()) { _, _ in }
            writer.uint8(1)
            writer.buffer(bomb)
        }
        try await store.close()
    }

    @Test func `random bytes after a valid beginning are refused`() async throws {
        let (bytes, log, store) = try await small()
        let chunk = try ArchiveParts.frames(.chunk, in: bytes)[0]
        for seed in 0..<100 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let noise = generator.bytes(Int.random(in: 0...200, using: &generator))
            let tail = seed.isMultiple(of: 2) ? noise : ArchiveParts.frame(.chunk, noise)
            let failure = try await expectHarmless(Array(bytes[..<chunk.lowerBound]) + tail, log, "seed \(seed)")
            #expect(failure != nil, "seed \(seed)")
        }
        try await store.close()
    }
}
