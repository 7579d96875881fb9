import Crypto
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

private let secret = SecretBytes(copying: Array(repeating: 42, count: 32))

@Suite(.timeLimit(.minutes(5))) struct BlockStreamTests {
    private static func log(_ count: Int, encryption: BlockEncryption? = nil) async throws -> Hypercore {
        let log = try await TestStore().writable(encryption: encryption)
        try await log.append(contentsOf: numberedBlocks(0..<count))
        return log
    }

    @Test(arguments: [0, 1, 7]) func `the blocks of any part come in order, and in reverse`(count: Int) async throws {
        let log = try await Self.log(count)
        for start in 0...count {
            for end in start...count {
                let (first, last) = (UInt64(start), UInt64(end))
                let expected = numberedBlocks(start..<end)
                #expect(try await log.blocks(start: first, end: last).collected() == expected)
                #expect(try await log.blocks(start: first, end: last, .catchingUp).collected() == expected)
                #expect(try await log.blocks(start: first, end: last, .live).collected() == expected)
                #expect(try await log.blocks(start: first, end: last, .descending).collected() == expected.reversed())
            }
            #expect(try await log.blocks(start: UInt64(start)).collected() == numberedBlocks(start..<count))
        }
        for mode in [BlockStream.Mode.ascending, .descending, .catchingUp] {
            #expect(try await log.blocks(start: UInt64(count) + 5, mode).collected() == [])
            #expect(try await log.blocks(start: .max, mode).collected() == [])
            #expect(try await log.blocks(start: 5, end: 2, mode).collected() == [])
        }
    }

    @Test func `a stream can be gone through several times, each time as the log is then`() async throws {
        let log = try await Self.log(2)
        let stream = log.blocks()
        #expect(try await stream.collected().count == 2)
        try await log.append([1])
        #expect(try await stream.collected().count == 3)
    }

    @Test func `what becomes of the log while it is streamed changes nothing`() async throws {
        let log = try await Self.log(6, encryption: .key(secret))
        var (forth, back) = (log.blocks().makeAsyncIterator(), log.blocks(.descending).makeAsyncIterator())
        #expect(try await forth.next() == Array("block 0".utf8))
        #expect(try await back.next() == Array("block 5".utf8))
        try await log.truncate(to: 2)
        try await log.append(contentsOf: numberedBlocks(10..<30))
        for index in 1..<6 {
            #expect(try await forth.next() == Array("block \(index)".utf8))
            #expect(try await back.next() == Array("block \(5 - index)".utf8))
        }
        #expect(try await forth.next() == nil)
        #expect(try await back.next() == nil)
        #expect(try await forth.next() == nil)
    }

    @Test func `a stream that catches up reads the log as it goes, and ends with it`() async throws {
        let log = try await Self.log(2)
        var blocks = log.blocks(.catchingUp).makeAsyncIterator()
        _ = try await blocks.next()
        try await log.append([7])
        #expect(try await blocks.next() == Array("block 1".utf8))
        #expect(try await blocks.next() == [7])
        #expect(try await blocks.next() == nil)
        try await log.append([8])
        #expect(try await blocks.next() == nil)
    }

    @Test func `a live stream waits for what the log grows by, across truncations`() async throws {
        let log = try await Self.log(1)
        let task = Task {
            var seen: [[UInt8]] = []
            for try await block in log.blocks(start: 1, .live) {
                seen.append(block)
                if block == [9] { break }
            }
            return seen
        }
        try await until { log.waitCount > 0 }
        try await log.append(contentsOf: [[1], [2]])
        try await log.truncate(to: 1)
        try await log.append([3])
        try await log.append(contentsOf: [[4], [9], [9]])
        let seen = try await task.value
        // It may have come by before or after the truncation; no place comes twice.
        #expect(seen.last == [9] && seen.count <= 3)
        try await until { log.waitCount == 0 }
    }

    @Test func `a stream whose end is past that of the log waits for it`() async throws {
        let log = try await Self.log(1)
        let (forth, back) = (
            Task { try await log.blocks(end: 3).collected() },
            Task { try await log.blocks(end: 3, .descending).collected() }
        )
        try await until { log.waitCount >= 4 }
        try await log.append(contentsOf: [[1], [2]])
        #expect(try await forth.value == [Array("block 0".utf8), [1], [2]])
        #expect(try await back.value == [[2], [1], Array("block 0".utf8)])
    }

    @Test func `closing the session ends its streams, also while they wait`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable(), try await store.writable())
        try await log.append(contentsOf: numberedBlocks(0..<3))
        var begun = log.blocks().makeAsyncIterator()
        var late = log.blocks().makeAsyncIterator()
        _ = try await begun.next()
        let waiting = Task { try await log.blocks(start: 3, .live).collected() }
        try await until { log.waitCount > 0 }
        await log.close()
        await expectError(.closed) { _ = try await waiting.value }
        await expectError(.closed) { _ = try await begun.next() }
        await expectError(.closed) { _ = try await late.next() }
        await expectError(.closed) { _ = try await log.blocks(.catchingUp).collected() }
        #expect(try await begun.next() == nil)
        #expect(try await other.blocks().collected().count == 3)
    }

    @Test func `purging the log ends its streams`() async throws {
        let log = try await Self.log(3)
        var blocks = log.blocks(.catchingUp).makeAsyncIterator()
        _ = try await blocks.next()
        try await log.purge()
        await expectError(.purged) { _ = try await blocks.next() }
    }

    @Test(arguments: [BlockStream.Mode.ascending, .live]) func `a task that is cancelled gets no further block`(
        mode: BlockStream.Mode
    ) async throws {
        let log = try await Self.log(3)
        let task = Task {
            var seen = 0
            for try await _ in log.blocks(mode) {
                seen += 1
                withUnsafeCurrentTask { $0?.cancel() }
            }
            return seen
        }
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        let waiting = Task { try await log.blocks(start: 3, .live).collected() }
        try await until { log.waitCount > 0 }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        try await until { log.waitCount == 0 }
    }

    @Test func `a block that is not here ends a stream that does not wait, and is named`() async throws {
        let log = try await Self.log(4)
        try await log.clear(2..<3)
        var blocks = log.blocks(options: .local).makeAsyncIterator()
        _ = try await blocks.next()
        _ = try await blocks.next()
        let error = await expectError(.notAvailable) { _ = try await blocks.next() }
        #expect(error?.message.contains("block 2") == true)
        #expect(try await blocks.next() == nil)
    }

    @Test func `an encrypted log is streamed decrypted, or raw`() async throws {
        let log = try await Self.log(5, encryption: .key(secret))
        #expect(try await log.blocks().collected() == numberedBlocks(0..<5))
        let raw = try await log.blocks(options: GetOptions(isRaw: true)).collected()
        #expect(raw.map(\.count) == Array(repeating: 15, count: 5))
    }

    @Test func `a snapshot is streamed as it is, in every mode`() async throws {
        let log = try await Self.log(3)
        let snapshot = try log.snapshot()
        try await log.truncate(to: 1)
        try await log.append(contentsOf: [[1], [2], [3]])
        for mode in [BlockStream.Mode.ascending, .catchingUp, .live] {
            #expect(try await snapshot.blocks(mode).collected() == numberedBlocks(0..<3))
        }
        await expectError(.outOfBounds) { _ = try await snapshot.blocks(end: 4).collected() }
    }
}

@Suite(.timeLimit(.minutes(5))) struct StreamingFromPeersTests {
    @Test(arguments: [0, 1, 8, 100_000]) func `a reader streams what it learns of, whatever it reads ahead`(
        readAhead: Int
    ) async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<200))
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try await until { copy.peerCount == 1 }
        // Before its peer has told its length, a log is as long as it is known to be.
        while try await copy.blocks(readAhead: readAhead).collected() != numberedBlocks(0..<200) { await Task.yield() }
        #expect(try await copy.blocks(.descending).collected() == numberedBlocks(0..<200).reversed())
        try await until { copy.waitCount == 0 }
        pipe.cut()
    }

    @Test func `a stream that is dropped reads no further ahead`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<500))
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        for try await _ in copy.blocks(start: 100, end: 500, .live, readAhead: 16) { break }
        try await until { copy.waitCount == 0 }
        await pipe.cutAndWait()
        let here = try copy.storedBlocks(of: 500)
        #expect(here.contains(100) && here.allSatisfy { (100..<117).contains($0) })
    }

    @Test func `bytes from the middle of a log come from a peer, and little else`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable(encryption: .key(secret))
        let blocks = (0..<200).map { Array(repeating: UInt8($0), count: 100) }
        try await log.append(contentsOf: blocks)
        let copy = try await reader.reader(of: log.key)
        try copy.setEncryption(.key(secret))
        let pipe = MemoryPipe(writer.registry, reader.registry)
        let bytes = try await copy.bytes(from: 10_050, count: 1_000, readAhead: 4).collected()
        #expect(Array(bytes.joined()) == Array(Array(blocks.joined())[10_050..<11_050]))
        #expect(bytes.count == 11)
        await pipe.cutAndWait()
        #expect(try copy.storedBlocks(of: 200).allSatisfy { (100..<116).contains($0) })
    }
}

extension AsyncSequence {
    /// All elements.
    func collected() async throws -> [Element] {
        var elements: [Element] = []
        for try await element in self { elements.append(element) }
        return elements
    }
}
