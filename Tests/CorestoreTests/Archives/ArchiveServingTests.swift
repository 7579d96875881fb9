import Corestore
import Crypto
import Hypercore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ArchiveServingTests {
    @Test func `a store serves what it imported to peers of any length, as the one that it came from`() async throws {
        let source = try await Corestore.inMemory()
        let log = try await source.log(sizes: Array(repeating: 40, count: 100))
        let early = try await Corestore.inMemory()
        let copies = [try await early.importArchive(try await log.archived())]
        try await log.appendBlocks(sizes: Array(repeating: 40, count: 1100), seed: 2)
        let seeder = try await Corestore.inMemory()
        try await seeder.importArchive(try await log.archived())
        try await source.close()

        for (reader, copy) in [(early, copies[0]), (try await Corestore.inMemory(), nil)] {
            let copy = if let copy { copy } else { try await reader.get(key: log.key) }
            let pipe = StorePipe(seeder, reader)
            #expect(try await copy.get(777).count == 40)
            try await copy.download(end: 1200).finished()
            #expect(copy.length == 1200 && copy.contiguousLength == 1200)
            await pipe.cut()
            try await reader.close()
        }
        try await seeder.close()
    }

    @Test func `an import goes on while a peer downloads the same log`() async throws {
        let source = try await Corestore.inMemory()
        let log = try await source.log(sizes: Array(repeating: 40_000, count: 300))
        let archive = try await log.archived()
        let target = try await Corestore.inMemory()
        let copy = try await target.get(key: log.key)
        let pipe = StorePipe(source, target)
        let download = try copy.download(end: 300)
        try await target.importArchive(archive)
        try await download.finished()
        #expect(try await copy.archived() == archive)
        await pipe.cut()
        try await source.close()
        try await target.close()
    }

    @Test func `peers that are connected hear of what is imported`() async throws {
        let source = try await Corestore.inMemory()
        let log = try await source.log(sizes: [10, 20, 30])
        let (seeder, reader) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let (seeded, copy) = (try await seeder.get(key: log.key), try await reader.get(key: log.key))
        let pipe = StorePipe(seeder, reader)
        try await until { seeded.peerCount == 1 && copy.peerCount == 1 }
        async let block = copy.get(2)
        try await seeder.importArchive(try await log.archived())
        #expect(try await block == log.read(2))
        await pipe.cut()
        for store in [source, seeder, reader] { try await store.close() }
    }

    @Test func `gaps that an import leaves are filled by peers`() async throws {
        let source = try await Corestore.inMemory()
        let log = try await source.log(sizes: Array(repeating: 15, count: 50))
        let whole = try await log.archived()
        let twin = try await Corestore.inMemory()
        let partial = try await twin.importArchive(whole)
        try await partial.clear(7..<41)
        let target = try await Corestore.inMemory()
        let copy = try await target.importArchive(try await partial.archived())
        #expect(copy.contiguousLength == 7)
        let pipe = StorePipe(source, target)
        try await copy.download(end: 50).finished()
        #expect(try await copy.archived() == whole)
        await pipe.cut()
        for store in [source, twin, target] { try await store.close() }
    }
}
