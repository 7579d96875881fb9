import Crypto
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct ReplicatingTests {
    @Test(arguments: [1, 2, 10, 300]) func `a reader that knows only the key downloads and verifies all`(
        count: Int
    ) async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<count))
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(reader.registry, writer.registry)

        try await copy.download(end: UInt64(count)).finished()
        #expect(copy.length == UInt64(count) && copy.contiguousLength == UInt64(count))
        #expect(try copy.treeHash() == log.treeHash())
        for (index, block) in numberedBlocks(0..<count).enumerated() {
            #expect(try copy.read(UInt64(index)) == block)
        }
        pipe.cut()
    }

    @Test func `a block is told of when it can be read, and not before it is stored`() async throws {
        let engine = GatedEngine(MemoryEngine(tables: TestStore.tables))
        let (writer, reader) = (try TestStore(), try TestStore(engine, durability: .full))
        let log = try await writer.writable()
        try await log.append([7])
        let copy = try await reader.reader(of: log.key)
        let events = copy.events
        engine.shut()
        let pipe = MemoryPipe(reader.registry, writer.registry)
        #expect(try await copy.get(0) == [7], "who waits for a block has it once it is verified")
        await engine.waitUntilHolding()
        #expect(try copy.transfers.downloadedBlocks == 0 && !copy.has(0))
        engine.open()
        var iterator = events.makeAsyncIterator()
        var told: [CoreEvent] = []
        while told.last != .downloaded(index: 0, byteCount: 1), let event = await iterator.next() { told.append(event) }
        #expect(told.contains(.appended(length: 1)), "a block lies in a log that is long enough: \(told)")
        #expect(try copy.transfers.downloadedBlocks == 1 && copy.read(0) == [7])
        await pipe.cutAndWait()
    }

    @Test func `blocks of every size travel: empty ones, and the largest`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        let sizes = [0, 1, 0, 65_535, 65_536, 1 << 20, Hypercore.maximumBlockByteCount, 0]
        for (index, size) in sizes.enumerated() {
            try await log.append(Array(repeating: UInt8(index), count: size))
        }
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try await copy.download(end: UInt64(sizes.count)).finished()
        for (index, size) in sizes.enumerated() {
            #expect(try copy.read(UInt64(index)) == Array(repeating: UInt8(index), count: size))
        }
        #expect(copy.byteLength == log.byteLength)
        pipe.cut()
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `blocks that are got in any order are here afterwards, also after reopening, and no others`(
        seed: UInt64
    ) async throws {
        var generator = SeededGenerator(seed: seed)
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<100))
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        let wanted = Array((0..<100).shuffled(using: &generator).prefix(30))
        for index in wanted {
            #expect(try await copy.get(UInt64(index)) == Array("block \(index)".utf8), "seed \(seed)")
        }
        // A block is handed over when it is verified, which may be before it is stored.
        try await until { try copy.storedBlocks(of: 100).count == 30 }
        await pipe.cutAndWait()
        let again = try #require(try await reader.reopened().stored(log.key))
        #expect(try again.storedBlocks(of: 100) == wanted.sorted(), "seed \(seed)")
        #expect(again.length == 100 && again.contiguousLength == wanted.contiguousCount)
        for index in 0..<100 {
            let expected = wanted.contains(index) ? Array("block \(index)".utf8) : nil
            #expect(try again.read(UInt64(index)) == expected, "seed \(seed)")
        }
    }

    @Test func `a download that was cut off goes on where it was`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: (0..<400).map { Array(repeating: UInt8(truncatingIfNeeded: $0), count: 5000) })
        let copy = try await reader.reader(of: log.key)
        let download = try copy.download(end: 400)

        let first = MemoryPipe(writer.registry, reader.registry, limit: 700_000)
        await first.waitUntilCut()
        try await reader.writer?.flush()
        let before = Set(try copy.storedBlocks(of: 400))
        #expect((1..<400).contains(before.count))

        let events = copy.events
        let second = MemoryPipe(writer.registry, reader.registry)
        try await download.finished()
        await second.cutAndWait()
        await copy.close()
        var after: Set<Int> = []
        for await event in events {
            if case .downloaded(let index, _) = event { after.insert(Int(index)) }
        }
        #expect(after.isDisjoint(with: before) && after.union(before) == Set(0..<400))
        let again = try #require(try await reader.reopened().stored(log.key))
        #expect(try again.treeHash() == log.treeHash() && again.contiguousLength == 400)
    }

    @Test func `a download is resumed after the store was opened again`() async throws {
        let writer = try TestStore()
        var reader = try TestStore()
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<200))
        for end in stride(from: 20, through: 200, by: 45) + [200] {
            let copy = try await reader.reader(of: log.key)
            let pipe = MemoryPipe(writer.registry, reader.registry)
            try await copy.download(end: UInt64(end)).finished()
            #expect(copy.contiguousLength >= UInt64(end))
            await pipe.cutAndWait()
            await copy.close()
            reader = try await reader.reopened()
        }
        let copy = try #require(try await reader.stored(log.key))
        #expect(try copy.contiguousLength == 200 && copy.treeHash() == log.treeHash())
    }
}

// MARK: - Growing logs

@Suite(.timeLimit(.minutes(5))) struct LiveReplicationTests {
    @Test func `a get waits for a peer, and for the block to be appended`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        let copy = try await reader.reader(of: log.key)
        async let block = copy.get(1)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try await log.append(Array("first".utf8))
        try await log.append(Array("second".utf8))
        #expect(try await block == Array("second".utf8))
        pipe.cut()
    }

    @Test func `what is appended before and after connecting arrives, in order`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let copy = try await reader.reader(of: log.key)
        let download = try copy.download()
        let pipe = MemoryPipe(writer.registry, reader.registry)
        async let appending: Void = {
            for block in numberedBlocks(5..<60) { try await log.append(block) }
        }()
        for index in 0..<60 {
            #expect(try await copy.get(UInt64(index)) == Array("block \(index)".utf8))
        }
        try await appending
        try await until { copy.contiguousLength == 60 }
        #expect(try copy.treeHash() == log.treeHash())
        download.cancel()
        await #expect(throws: CancellationError.self) { try await download.finished() }
        pipe.cut()
    }

    @Test func `a writer with readers on several streams reaches all of them`() async throws {
        let writer = try TestStore()
        let log = try await writer.writable()
        var copies: [Hypercore] = []
        var pipes: [MemoryPipe] = []
        for _ in 0..<4 {
            let reader = try TestStore()
            let copy = try await reader.reader(of: log.key)
            _ = try copy.download()
            copies.append(copy)
            pipes.append(MemoryPipe(writer.registry, reader.registry))
        }
        for block in numberedBlocks(0..<20) { try await log.append(block) }
        for copy in copies {
            try await until { copy.contiguousLength == 20 }
            #expect(try copy.treeHash() == log.treeHash())
        }
        for pipe in pipes { pipe.cut() }
    }

    @Test func `a seeder that never had the secret passes the log on, and its appends`() async throws {
        let (writer, seeder, reader) = (try TestStore(), try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        let (middle, end) = (try await seeder.reader(of: log.key), try await reader.reader(of: log.key))
        #expect(!middle.isWritable)
        _ = try middle.download()
        _ = try end.download()
        let pipes = [MemoryPipe(writer.registry, seeder.registry), MemoryPipe(seeder.registry, reader.registry)]
        try await until { end.contiguousLength == 10 }
        for block in numberedBlocks(10..<30) { try await log.append(block) }
        try await until { end.contiguousLength == 30 }
        #expect(try end.treeHash() == log.treeHash())

        // The writer goes; what the seeder has is still to be had.
        await pipes[0].cutAndWait()
        let late = try TestStore()
        let copy = try await late.reader(of: log.key)
        let last = MemoryPipe(seeder.registry, late.registry)
        try await copy.download(end: 30).finished()
        #expect(try copy.treeHash() == log.treeHash())
        pipes[1].cut()
        last.cut()
    }

    @Test func `a reader puts together what two seeders hold in parts`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<40))
        let seeders = [try TestStore(), try TestStore()]
        for (seeder, part) in zip(seeders, [0..<20, 20..<40]) {
            let copy = try await seeder.reader(of: log.key)
            let pipe = MemoryPipe(writer.registry, seeder.registry)
            try await copy.download(start: UInt64(part.lowerBound), end: UInt64(part.upperBound)).finished()
            await pipe.cutAndWait()
            #expect(try copy.storedBlocks(of: 40) == Array(part))
        }
        let copy = try await reader.reader(of: log.key)
        let pipes = seeders.map { MemoryPipe($0.registry, reader.registry) }
        try await copy.download(end: 40).finished()
        #expect(try copy.treeHash() == log.treeHash())
        for pipe in pipes { pipe.cut() }
    }
}

// MARK: - Streams

@Suite(.timeLimit(.minutes(5))) struct StreamTests {
    @Test func `one stream carries many logs, in both directions`() async throws {
        let (left, right) = (try TestStore(), try TestStore())
        var pairs: [(log: Hypercore, copy: Hypercore)] = []
        for number in 0..<5 {
            let log = try await left.writable("left \(number)")
            pairs.append((log, try await right.reader(of: log.key)))
            let other = try await right.writable("right \(number)")
            pairs.append((other, try await left.reader(of: other.key)))
        }
        for (number, pair) in pairs.enumerated() {
            try await pair.log.append(contentsOf: numberedBlocks(0..<10 + number))
        }
        let pipe = MemoryPipe(left.registry, right.registry)
        for (number, pair) in pairs.enumerated() {
            try await pair.copy.download(end: UInt64(10 + number)).finished()
            #expect(try pair.copy.treeHash() == pair.log.treeHash())
        }
        pipe.cut()
    }

    @Test func `a log that is opened later on either side joins the stream`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let pipe = MemoryPipe(writer.registry, reader.registry)
        let first = try await writer.writable("first")
        try await first.append([1])
        let copy = try await reader.reader(of: first.key)
        #expect(try await copy.get(0) == [1])

        let early = try await reader.reader(of: TestStore.key("second"))
        async let block = early.get(0)
        try await until { early.waitCount == 1 }
        let second = try await writer.writable("second")
        try await second.append([2])
        #expect(try await block == [2])
        pipe.cut()
    }

    @Test func `a log that is stored but not open is opened for the peer that asks for it`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let key = TestStore.key()
        do {
            let log = try await writer.writable()
            try await log.append([1])
            await log.close()
        }
        let copy = try await reader.reader(of: key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        #expect(try await copy.get(0) == [1])
        pipe.cut()
    }

    @Test func `handing the same stream over again changes nothing`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        writer.registry.replicate(on: pipe.initiator)
        reader.registry.replicate(on: pipe.responder)
        try await log.append([1])
        writer.registry.replicate(on: pipe.initiator)
        #expect(try await copy.get(0) == [1])
        #expect(log.peerCount == 1 && copy.peerCount == 1)
        await pipe.cutAndWait()
        #expect(log.peerCount == 0 && copy.peerCount == 0)
    }

    @Test func `a log that the other side does not have is refused, and the stream goes on`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let unknown = try await reader.reader(of: TestStore.key("unknown"))
        let pipe = MemoryPipe(writer.registry, reader.registry)
        let log = try await writer.writable()
        try await log.append([1])
        let copy = try await reader.reader(of: log.key)
        #expect(try await copy.get(0) == [1])
        #expect(unknown.peerCount == 0)
        #expect(try await unknown.update() == false)
        pipe.cut()
    }

    @Test func `a session that closes takes its log off no stream that another session needs`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: [[1], [2]])
        let (copy, other) = (try await reader.reader(of: log.key), try await reader.reader(of: log.key))
        let pipe = MemoryPipe(writer.registry, reader.registry)
        #expect(try await copy.get(0) == [1])
        await copy.close()
        #expect(try await other.get(1) == [2])
        pipe.cut()
    }

    @Test func `closing a stream says on both sides how it ended`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try await until { log.peerCount == 1 && copy.peerCount == 1 }
        pipe.initiator.close()
        guard case .closedLocally = await pipe.initiator.waitUntilClosed() else {
            Issue.record("the side that closed the stream was told otherwise")
            return
        }
        guard case .closedByRemote = await pipe.responder.waitUntilClosed() else {
            Issue.record("the other side was told otherwise")
            return
        }
        #expect(log.peerCount == 0 && copy.peerCount == 0)
    }

    @Test func `closing a store ends its streams`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try await until { log.peerCount == 1 && copy.peerCount == 1 }
        writer.registry.close()
        guard case .closedLocally = await pipe.initiator.waitUntilClosed() else {
            Issue.record("the stream of a closed store was told otherwise")
            return
        }
        _ = await pipe.responder.waitUntilClosed()
        #expect(copy.peerCount == 0)
    }

    @Test func `a stream that is dropped in the middle takes nothing with it`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        for _ in 0..<20 {
            let reader = try TestStore()
            let copy = try await reader.reader(of: log.key)
            let download = try copy.download()
            do {
                let pipe = MemoryPipe(store.registry, reader.registry)
                async let appending = log.append([1])
                pipe.cut()
                _ = try await appending
            }
            download.cancel()
        }
        #expect(log.length == 20)
        try await until { log.peerCount == 0 }
    }
}

extension [Int] {
    /// How many numbers from 0 on are in here without a gap.
    fileprivate var contiguousCount: UInt64 {
        var count = 0
        while contains(count) { count += 1 }
        return UInt64(count)
    }
}
