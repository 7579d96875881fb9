import Crypto
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

private let secret = SecretBytes(copying: Array(repeating: 42, count: 32))

@Suite(.timeLimit(.minutes(5))) struct GettingTests {
    @Test func `what is not to be waited for is not available`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        try await log.clear(1..<2)
        #expect(try await log.get(0, options: .local) == Array("block 0".utf8))
        let error = await expectError(.notAvailable) { _ = try await log.get(1, options: .local) }
        #expect(error?.message.contains("block 1") == true && error?.key == log.key)
        await expectError(.notAvailable) { _ = try await log.get(3, options: .local) }
        await expectError(.notAvailable) { _ = try await log.get(.max, options: .local) }
        #expect(log.waitCount == 0)
    }

    @Test func `raw blocks are those that are stored, also on a snapshot`() async throws {
        let store = try TestStore()
        let log = try await store.writable(encryption: .key(secret))
        try await log.append(contentsOf: [[1, 2, 3], []])
        let (plain, snapshot) = (try await store.writable(), try log.snapshot())
        let raw = GetOptions(isRaw: true)
        for index in 0..<2 as Range<UInt64> {
            let stored = try #require(try plain.read(index))
            #expect(try await log.get(index, options: raw) == stored)
            #expect(try await snapshot.get(index, options: raw) == stored)
        }
        #expect(try await log.get(0..<2, options: raw) == plain.get(0..<2))
        #expect(try await log.get(0) == [1, 2, 3])
    }

    @Test func `a range is got whole, from the middle, and empty`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        for start in 0...10 {
            for end in start...10 {
                let range = UInt64(start)..<UInt64(end)
                #expect(try await log.get(range) == numberedBlocks(start..<end))
                #expect(try log.read(range) == numberedBlocks(start..<end))
            }
        }
        #expect(try await log.get(UInt64.max..<UInt64.max) == [])
        #expect(log.waitCount == 0)
    }

    @Test func `a range with holes is read with holes, and got only whole`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<4))
        try await log.clear(1..<3)
        #expect(try log.read(0..<4) == [Array("block 0".utf8), nil, nil, Array("block 3".utf8)])
        let error = await expectError(.notAvailable) { _ = try await log.get(0..<4, options: .local) }
        #expect(error?.message.contains("block 1") == true)
        await expectError(.outOfBounds) { _ = try log.read(0..<5) }
        await expectError(.outOfBounds) { _ = try log.read(0..<UInt64.max) }
        await expectError(.timedOut) { _ = try await log.get(0..<4, options: GetOptions(timeout: .milliseconds(1))) }
        #expect(log.waitCount == 0)
    }

    @Test func `a range that goes past the end waits for the log to grow`() async throws {
        let log = try await TestStore().writable()
        try await log.append([0])
        let task = Task { try await log.get(0..<3) }
        try await until { log.waitCount > 0 }
        try await log.append([1])
        try await log.append([2])
        #expect(try await task.value == [[0], [1], [2]])
        try await until { log.waitCount == 0 }
    }

    @Test func `a range comes from a peer, and nothing beyond it`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<300))
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        #expect(try await copy.get(50..<250) == numberedBlocks(50..<250))
        try await until { try copy.has(50..<250) }
        #expect(try copy.storedBlocks(of: 300) == Array(50..<250))
        pipe.cut()
    }

    @Test func `a log has a range if it has all of it`() async throws {
        let log = try await TestStore().writable()
        #expect(try log.has(0..<0) && log.has(7..<7) && !log.has(0..<1))
        try await log.append(contentsOf: numberedBlocks(0..<20))
        try await log.clear(5..<6)
        try await log.clear(11..<13)
        for start in 0...21 as ClosedRange<UInt64> {
            for end in start...21 {
                let expected = (start..<end).allSatisfy { $0 < 20 && ![5, 11, 12].contains($0) }
                #expect(try log.has(start..<end) == expected, "\(start)..<\(end)")
            }
        }
        #expect(try !log.has(0..<UInt64.max))
    }

    @Test func `a snapshot has what it shows, whatever the log has by now`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.clear(2..<3)
        let snapshot = try log.snapshot()
        try await log.truncate(to: 6)
        try await log.append(contentsOf: numberedBlocks(100..<120))
        try await log.clear(7..<9)
        for start in 0...11 as ClosedRange<UInt64> {
            for end in start...11 {
                let expected = (start..<end).allSatisfy { $0 < 10 && $0 != 2 }
                #expect(try snapshot.has(start..<end) == expected, "\(start)..<\(end)")
            }
        }
        #expect(try log.has(9..<26) && !log.has(6..<8))
        #expect(try snapshot.read(3..<10) == numberedBlocks(3..<10))
        #expect(try await snapshot.get(6..<10) == numberedBlocks(6..<10))
        await expectError(.outOfBounds) { _ = try await snapshot.get(9..<11) }
        await expectError(.outOfBounds) { _ = try snapshot.read(9..<11) }
    }

    @Test func `a closed session gets nothing`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable(), try await store.writable())
        try await log.append([1])
        await log.close()
        await expectError(.closed) { _ = try await log.get(0, options: .local) }
        await expectError(.closed) { _ = try await log.get(0..<1) }
        await expectError(.closed) { _ = try await log.get(0..<0) }
        await expectError(.closed) { _ = try log.read(0..<1) }
        await expectError(.closed) { _ = try log.has(0..<1) }
        #expect(try other.has(0..<1))
    }

    @Test func `getting a range ends with the session, and with the task`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable(), try await store.writable())
        let closed = Task { try await log.get(0..<9) }
        let cancelled = Task { try await other.get(0..<9) }
        try await until { log.waitCount == 4 }
        await log.close()
        cancelled.cancel()
        await expectError(.closed) { _ = try await closed.value }
        await #expect(throws: CancellationError.self) { _ = try await cancelled.value }
        try await until { other.waitCount == 0 }
    }
}

@Suite(.timeLimit(.minutes(5))) struct MaximumLengthTests {
    @Test func `an append that makes the log longer than it may is refused, with all of its blocks`() async throws {
        let log = try await TestStore().writable()
        #expect(try await log.append(contentsOf: [[1], [2]], maxLength: 2).length == 2)
        let error = await expectError(.logTooLong) { try await log.append([3], maxLength: 2) }
        #expect(error?.message.contains("2 blocks") == true)
        await expectError(.logTooLong) { try await log.append(contentsOf: [[3], [4]], maxLength: 3) }
        await expectError(.logTooLong) { try await log.append([3], maxLength: 0) }
        #expect(try await log.append(contentsOf: [], maxLength: 0).length == 2)
        #expect(try await log.append([3], maxLength: 3).length == 3 && log.lineCount == 0)
        #expect(try await log.append([4], maxLength: .max).length == 4)
    }

    @Test(arguments: [false, true]) func `of many at once no more happen than there is room for`(
        isEncrypted: Bool
    ) async throws {
        let log = try await TestStore().writable(encryption: isEncrypted ? .key(secret) : nil)
        let appended = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<60 as Range<UInt8> {
                group.addTask { (try? await log.append([index], maxLength: 25)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(appended == 25 && log.length == 25 && log.stagedLength == 25 && log.lineCount == 0)
        let blocks = try (0..<25).map { try #require(try log.read($0)) }
        #expect(Set(blocks).count == 25)
    }
}
