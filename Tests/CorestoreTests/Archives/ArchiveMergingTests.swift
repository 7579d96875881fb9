import CompactEncoding
import Corestore
import Crypto
import Hypercore
import HypercoreStorage
import Manifest
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ArchiveMergingTests {
    /// Archives of one log at these lengths, oldest first, and the log.
    private func archives(at lengths: [Int], blockSize: Int = 12) async throws -> ([[UInt8]], Hypercore, Corestore) {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log")
        var archives: [[UInt8]] = []
        for length in lengths {
            let added = length - Int(log.length)
            try await log.appendBlocks(sizes: Array(repeating: blockSize, count: added), seed: UInt64(length))
            archives.append(try await log.archived())
        }
        return (archives, log, store)
    }

    @Test func `a longer archive makes a log of any length longer, and a shorter one changes nothing`() async throws {
        let lengths = Array(1...18) + [33, 64, 65]
        let (archives, log, store) = try await archives(at: lengths)
        for (index, short) in archives.enumerated() {
            for (other, long) in archives.enumerated().dropFirst(index) where other % 4 == 0 || other == index + 1 {
                let target = try await Corestore.inMemory()
                for bytes in [short, long, short, long] { try await target.importArchive(bytes) }
                let copy = try await target.get(key: log.key)
                #expect(copy.length == UInt64(lengths[other]) && copy.contiguousLength == copy.length)
                #expect(try await copy.archived() == long, "\(lengths[index]) to \(lengths[other])")
                if other == archives.count - 1 {
                    #expect(try copy.storedNodes() == log.storedNodes(), "\(lengths[index])")
                }
                try await target.close()
            }
        }
        try await store.close()
    }

    @Test func `a store that signs a log, and gets a longer one out of an archive, signs no more until it may`()
        async throws
    {
        let key = Bytes32(Array(repeating: 7, count: 32))
        func open() async throws -> Corestore {
            try await Corestore.inMemory { options in (options.primaryKey, options.unsafe) = (key, true) }
        }
        let (original, restored) = (try await open(), try await open())
        let log = try await original.get(name: "log")
        try await log.appendBlocks(sizes: [3, 3], seed: 1)
        let copy = try await restored.get(name: "log")
        #expect(copy.isWritable && copy.key == log.key)
        try await restored.importArchive(try await log.archived())
        #expect(copy.length == 2 && !copy.isWritable && copy.appendingStop == .overtaken)
        let error = await #expect(throws: HypercoreError.self) { try await copy.append([1]) }
        #expect(error?.code == .appendingStopped)
        try await copy.trustHistory()
        #expect(try await copy.append([1]).length == 3)
        try await original.close()
        try await restored.close()
    }

    @Test func `a longer archive of many chunks goes on where a log ends in the middle of one`() async throws {
        let (archives, log, store) = try await archives(at: [1500, 3000, 5000])
        let target = try await Corestore.inMemory()
        for bytes in archives {
            let copy = try await target.importArchive(bytes)
            #expect(copy.contiguousLength == copy.length)
            #expect(try await copy.archived() == bytes)
        }
        #expect(try await target.get(key: log.key).storedNodes() == log.storedNodes())
        #expect(try await target.get(key: log.key).storedBlocks() == log.storedBlocks())
        try await store.close()
        try await target.close()
    }

    @Test func `an import fills the gaps of a log, and leaves those that the archive has too`() async throws {
        let (archives, log, store) = try await archives(at: [40])
        let target = try await Corestore.inMemory()
        let copy = try await target.importArchive(archives[0])
        try await copy.clear(3..<9)
        try await copy.clear(20..<40)
        try await log.clear(5..<30)
        try await target.importArchive(try await log.archived())
        let stored = try copy.storedBlocks()
        #expect(Set(stored.keys) == Set(0..<5).union(9..<20).union(30..<40))
        for (index, block) in try log.storedBlocks() { #expect(stored[index] == block) }
        try await store.close()
        try await target.close()
    }

    @Test func `importing again stores nothing`() async throws {
        let (archives, _, store) = try await archives(at: [2000])
        let target = try await Corestore.inMemory()
        try await target.importArchive(archives[0])
        let last = Latest()
        try await target.importArchive(from: Pieces(bytes: archives[0])) { last.progress = $0 }
        #expect(last.progress?.blockCount == 2000 && last.progress?.storedBlockCount == 0)
        #expect(last.progress?.archiveByteCount == UInt64(archives[0].count))
        try await store.close()
        try await target.close()
    }

    @Test func `another history of the same fork is refused, whichever is longer, and nothing changes`() async throws {
        let primaryKey = BLAKE2b.hash([1])
        for (ours, theirs) in [(9, 9), (9, 14), (14, 9), (1, 2), (8, 16), (5, 1500), (1500, 5)] {
            let twins = [
                try await Corestore.inMemory { ($0.primaryKey, $0.unsafe) = (primaryKey, true) },
                try await Corestore.inMemory { ($0.primaryKey, $0.unsafe) = (primaryKey, true) },
            ]
            let log = try await twins[0].log(sizes: Array(repeating: 9, count: ours), seed: 1)
            let other = try await twins[1].log(sizes: Array(repeating: 9, count: theirs), seed: 2)
            #expect(log.key == other.key)
            let target = try await Corestore.inMemory()
            let copy = try await target.importArchive(try await log.archived())
            let bytes = try await other.archived()
            for store in [target, twins[0]] {
                await expectLogError(.conflict) { try await store.importArchive(bytes) }
            }
            #expect(try await copy.archived() == log.archived(), "\(ours) and \(theirs)")
            for store in twins + [target] { try await store.close() }
        }
    }

    @Test func `another fork is refused by a log that has blocks, be it higher or lower`() async throws {
        let (archives, log, store) = try await archives(at: [10])
        let target = try await Corestore.inMemory()
        let copy = try await target.importArchive(archives[0])
        try await log.truncate(to: 4)
        let forked = try await log.archived()
        await expectLogError(.conflict) { try await target.importArchive(forked) }
        await expectLogError(.conflict) { try await store.importArchive(archives[0]) }
        #expect(copy.length == 10 && copy.fork == 0 && log.length == 4 && log.fork == 1)
        // Not even one that was cut to nothing goes back.
        try await log.truncate(to: 0)
        await expectLogError(.conflict) { try await store.importArchive(forked) }
        #expect(log.length == 0 && log.fork == 2)
        try await store.close()
        try await target.close()
    }

    @Test func `an archive with too many gaps to be compared is refused, and takes nothing with it`() async throws {
        let (archives, log, store) = try await archives(at: [11, 30])
        let target = try await Corestore.inMemory()
        let copy = try await target.importArchive(archives[0])
        try await log.clear(0..<25)
        let sparse = try await log.archived()
        await expectArchiveError(.unconnected) { try await target.importArchive(sparse) }
        #expect(try await copy.archived() == archives[0])
        // What is missing may come later.
        #expect(try await target.importArchive(archives[1]).length == 30)
        try await store.close()
        try await target.close()
    }

    @Test func `a store takes back its own log, and goes on appending to it`() async throws {
        let primaryKey = BLAKE2b.hash([2])
        let first = try await Corestore.inMemory { ($0.primaryKey, $0.unsafe) = (primaryKey, true) }
        let archive = try await first.log(sizes: [1, 2, 3, 4, 5]).archived()
        try await first.close()
        let second = try await Corestore.inMemory { ($0.primaryKey, $0.unsafe) = (primaryKey, true) }
        let log = try await second.get(name: "log")
        try await second.importArchive(archive)
        #expect(log.contiguousLength == 5 && log.holdsSigningKey)
        try await second.close()
    }

    @Test func `those who wait for blocks or hear of changes are told of an import`() async throws {
        let (archives, log, store) = try await archives(at: [6])
        let target = try await Corestore.inMemory()
        let copy = try await target.get(key: log.key)
        let events = copy.events
        let download = try copy.download(end: 6)
        async let block = copy.get(4)
        try await target.importArchive(archives[0])
        #expect(try await block == log.read(4))
        try await download.finished()
        for await event in events {
            #expect(event == .appended(length: 6))
            break
        }
        try await store.close()
        try await target.close()
    }

    @Test func `a store that was opened read-only refuses an import`() async throws {
        let (archives, _, store) = try await archives(at: [3])
        let directory = try TemporaryDirectory()
        try await (try await directory.open()).close()
        let readOnly = try await directory.open { $0.readOnly = true }
        await expectLogError(.notWritable) { try await readOnly.importArchive(archives[0]) }
        try await readOnly.close()
        try await store.close()
    }
}

/// The last progress that was told.
final class Latest {
    var progress: ArchiveProgress?
}
