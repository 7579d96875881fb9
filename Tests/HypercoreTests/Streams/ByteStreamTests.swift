import Crypto
import TestSupport
import Testing

@testable import Hypercore

private let secret = SecretBytes(copying: Array(repeating: 42, count: 32))

@Suite(.timeLimit(.minutes(5))) struct ByteStreamTests {
    private static let blocks: [[UInt8]] = [[0, 1, 2], [], [3], [], [], [4, 5, 6, 7, 8], [9]]

    @Test(arguments: [false, true]) func `any part of the bytes comes, in pieces of one block`(
        isEncrypted: Bool
    ) async throws {
        let log = try await TestStore().writable(encryption: isEncrypted ? .key(secret) : nil)
        try await log.append(contentsOf: Self.blocks)
        for start in 0...10 as ClosedRange<UInt64> {
            for end in start...10 {
                let pieces = try await log.bytes(from: start, count: end - start).collected()
                #expect(Array(pieces.joined()) == (start..<end).map { UInt8($0) }, "\(start)..<\(end)")
                #expect(pieces.allSatisfy { !$0.isEmpty } && pieces.count <= 4)
            }
            #expect(try await log.bytes(from: start).collected().joined().count == 10 - Int(start))
        }
        #expect(try await log.bytes().collected() == [[0, 1, 2], [3], [4, 5, 6, 7, 8], [9]])
        #expect(try await log.bytes(from: 11).collected() == [])
        #expect(try await log.bytes(from: .max).collected() == [])
        #expect(try await log.bytes(from: .max, count: 0).collected() == [])
        #expect(log.waitCount == 0)
    }

    @Test func `an empty log has no bytes`() async throws {
        let log = try await TestStore().writable()
        #expect(try await log.bytes().collected() == [])
        try await log.append(contentsOf: [[], []])
        #expect(try await log.bytes().collected() == [])
    }

    @Test func `bytes are those of the moment that the stream began`() async throws {
        let log = try await TestStore().writable(encryption: .key(secret))
        try await log.append(contentsOf: Self.blocks)
        var bytes = log.bytes(from: 2, count: 8).makeAsyncIterator()
        #expect(try await bytes.next() == [2])
        try await log.truncate(to: 0)
        try await log.append(Array(repeating: 99, count: 100))
        var rest: [UInt8] = []
        while let piece = try await bytes.next() { rest += piece }
        #expect(rest == Array(3...9))
    }

    @Test func `bytes that are not there yet are waited for`() async throws {
        let log = try await TestStore().writable()
        try await log.append([0, 1])
        let task = Task { try await log.bytes(from: 1, count: 4).collected() }
        try await until { log.waitCount > 0 }
        try await log.append([2])
        try await log.append([3, 4, 5])
        #expect(try await task.value == [[1], [2], [3, 4]])
        let later = Task { try await log.bytes(from: 8, count: 2).collected() }
        try await until { log.waitCount > 0 }
        try await log.append([6, 7, 8, 9, 10])
        #expect(try await later.value == [[8, 9]])
        await expectError(.outOfBounds) { _ = try await log.bytes(from: 99, count: 1, options: .local).collected() }
        await expectError(.notAvailable) { _ = try await log.bytes(count: 99, options: .local).collected() }
        await expectError(.outOfBounds) { _ = try await log.snapshot().bytes(count: 99).collected() }
    }

    @Test func `raw bytes are those that are stored`() async throws {
        let store = try TestStore()
        let log = try await store.writable(encryption: .key(secret))
        try await log.append(contentsOf: Self.blocks)
        let stored = try await Array(store.writable().blocks().collected().joined())
        #expect(stored.count == 10 + 7 * 8)
        let raw = try await log.bytes(from: 5, count: 40, options: GetOptions(isRaw: true)).collected()
        #expect(Array(raw.joined()) == Array(stored[5..<45]))
        #expect(try await log.bytes(options: GetOptions(isRaw: true)).collected().joined().count == stored.count)
    }

    @Test func `closing the session and cancelling the task end a stream of bytes`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable(), try await store.writable())
        try await log.append([1, 2])
        var begun = log.bytes().makeAsyncIterator()
        let closed = Task { try await log.bytes(from: 1, count: 9).collected() }
        let cancelled = Task { try await other.bytes(from: 1, count: 9).collected() }
        try await until { log.waitCount >= 4 }
        await log.close()
        cancelled.cancel()
        await expectError(.closed) { _ = try await closed.value }
        await #expect(throws: CancellationError.self) { _ = try await cancelled.value }
        await expectError(.closed) { _ = try await begun.next() }
        #expect(try await begun.next() == nil)
        try await until { other.waitCount == 0 }
    }
}
