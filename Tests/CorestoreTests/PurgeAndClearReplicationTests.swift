import Corestore
import Hypercore
import Testing

/// Cutting, clearing and purging logs while peers are connected.
@Suite(.timeLimit(.minutes(5))) struct PurgeAndClearReplicationTests {
    private let blocks = (0..<400).map { Array("block \($0)".utf8) }

    @Test func `a copy that is purged in the middle of its download leaves nothing, and can be made again`()
        async throws
    {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let log = try await left.get(name: "log")
        try await log.append(contentsOf: blocks)
        let copy = try await right.get(key: log.key)
        let events = copy.events
        let pipe = StorePipe(left, right)
        let download = try copy.download()
        for await event in events {
            if case .downloaded = event { break }
        }
        try await copy.purge()
        await #expect(throws: (any Error).self) { try await download.finished() }
        try await right.finishSweeping()
        #expect(try await right.storageInfo().logs.blocks.recordCount == 0)
        #expect(try await right.listed().isEmpty)

        // The connection goes on: the same log is opened, and downloaded, anew.
        let again = try await right.get(key: log.key)
        try await again.download(end: 400).finished()
        #expect(try again.treeHash() == log.treeHash())
        await pipe.cut()
        try await left.close()
        try await right.close()
    }

    @Test func `a log that is purged while a peer reads it lets the peer go`() async throws {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let log = try await left.get(name: "log")
        try await log.append(contentsOf: blocks)
        let copy = try await right.get(key: log.key)
        let pipe = StorePipe(left, right)
        #expect(try await copy.get(3) == blocks[3])
        let events = copy.events
        try await log.purge()
        try await left.finishSweeping()
        #expect(try await left.storageInfo().logs.blocks.recordCount == 0)
        for await event in events where event == .peerRemoved { break }
        #expect(copy.peerCount == 0)
        #expect(try copy.read(3) == blocks[3])
        await pipe.cut()
        try await left.close()
        try await right.close()
    }

    @Test func `cleared blocks come again when they are asked for`() async throws {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let log = try await left.get(name: "log")
        try await log.append(contentsOf: blocks)
        let copy = try await right.get(key: log.key)
        let pipe = StorePipe(left, right)
        try await copy.download(end: 400).finished()
        #expect(try await copy.clear(100..<300).blockCount == 200)
        #expect(try !copy.has(150))
        #expect(try await copy.get(150) == blocks[150])
        try await copy.download(end: 400).finished()
        #expect(copy.contiguousLength == 400)
        // What the writer clears is asked of its copy in the same way.
        try await log.clear(0..<400)
        #expect(try await log.get(399) == blocks[399])
        try await log.download(end: 400).finished()
        #expect(log.contiguousLength == 400 && log.isWritable)
        await pipe.cut()
        try await left.close()
        try await right.close()
    }
}
