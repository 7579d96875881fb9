import Crypto
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

private struct Order: Codable, Hashable, Sendable {
    var item: String
    var count: Int
    var note: String?
}

/// One byte a value, below a limit; counts how often a batch was encoded as one.
private struct SmallNumbers: BlockCodec {
    struct TooLarge: Error {}

    final class Counter: Sendable {
        let batches = Mutex(0)
    }

    let counter = Counter()
    var blocksPerBatch: Int?

    func encode(_ value: Int) throws -> [UInt8] {
        guard let byte = UInt8(exactly: value), byte < 100 else { throw TooLarge() }
        return [byte]
    }

    func encode(contentsOf values: some Collection<Int>) throws -> [[UInt8]] {
        counter.batches.withLock { $0 += 1 }
        let blocks = try values.map { try encode($0) }
        return Array(blocks.prefix(blocksPerBatch ?? blocks.count))
    }

    func decode(_ block: [UInt8]) throws -> Int {
        guard block.count == 1, block[0] < 100 else { throw TooLarge() }
        return Int(block[0])
    }
}

@Suite(.timeLimit(.minutes(5))) struct TypedTests {
    @Test func `values of a type are appended and read as JSON`() async throws {
        let log = try await TestStore().writable()
        let orders = log.typed(as: .json(Order.self))
        let tea = Order(item: "tea/leaves", count: 2)
        let others = [Order(item: "ü", count: -1, note: "\u{0}"), Order(item: "", count: .max)]
        #expect(try await orders.append(tea).length == 1)
        #expect(try await orders.append(contentsOf: others).length == 3)
        #expect(try log.read(0) == Array(#"{"count":2,"item":"tea/leaves"}"#.utf8))
        #expect(try await orders.get(0) == tea)
        #expect(try orders.read(2) == others[1])
        #expect(try orders.read(3) == nil)
        #expect(try await orders.get(0..<3) == [tea] + others)
        #expect(try await orders.values().collected() == [tea] + others)
        #expect(try await orders.values(start: 1, .descending).collected() == others.reversed())
    }

    @Test func `a JSON log takes any JSON value, not only objects`() async throws {
        let log = try await TestStore().writable()
        try await log.typed(as: .json(String?.self)).append("a")
        try await log.typed(as: .json(String?.self)).append(nil)
        try await log.typed(as: .json([Int].self)).append([1, 2])
        #expect(try log.read(0..<3) == [Array("\"a\"".utf8), Array("null".utf8), Array("[1,2]".utf8)])
        #expect(try await log.typed(as: .json(String?.self)).get(0..<2) == ["a", nil])
    }

    @Test func `strings are bare UTF-8, and what is none is never repaired`() async throws {
        let log = try await TestStore().writable()
        let words = log.typed(as: .utf8)
        try await words.append(contentsOf: ["hello", "", "é", "👩‍👩‍👧"])
        #expect(try log.read(0) == Array("hello".utf8) && log.read(1) == [])
        try await log.append(contentsOf: [[0x61, 0xff], [0xc3], [0xed, 0xa0, 0x80]])
        #expect(try await words.get(0..<4) == ["hello", "", "é", "👩‍👩‍👧"])
        for index in 4..<7 as Range<UInt64> {
            let error = await expectError(.codingFailed) { _ = try await words.get(index) }
            #expect(error?.message.contains("block \(index)") == true && error?.key == log.key)
            await expectError(.codingFailed) { _ = try words.read(index) }
        }
    }

    @Test func `a block that is no value ends a stream, and is named`() async throws {
        let log = try await TestStore().writable()
        let numbers = log.typed(as: SmallNumbers())
        try await numbers.append(contentsOf: [1, 2])
        try await log.append(contentsOf: [[255], [3]])
        var values = numbers.values().makeAsyncIterator()
        #expect(try await values.next() == 1)
        #expect(try await values.next() == 2)
        let error = await expectError(.codingFailed) { _ = try await values.next() }
        #expect(error?.message.contains("block 2") == true && error?.message.contains("TooLarge") == true)
        #expect(try await values.next() == nil)
        let ranged = await expectError(.codingFailed) { _ = try await numbers.get(1..<4) }
        #expect(ranged?.message.contains("block 2") == true)
        #expect(try await log.typed(as: .bytes).get(2..<4) == [[255], [3]])
    }

    @Test func `a value that cannot be encoded appends nothing of its batch`() async throws {
        let log = try await TestStore().writable()
        let numbers = log.typed(as: SmallNumbers())
        await expectError(.codingFailed) { try await numbers.append(100) }
        await expectError(.codingFailed) { try await numbers.append(contentsOf: [1, 2, 300]) }
        await expectError(.codingFailed) { try await log.typed(as: .json(Double.self)).append(.nan) }
        await expectError(.logTooLong) { try await numbers.append(contentsOf: [1, 2], maxLength: 1) }
        #expect(log.length == 0)
    }

    @Test func `a batch is encoded as one, to one block a value`() async throws {
        let log = try await TestStore().writable()
        let codec = SmallNumbers()
        try await log.typed(as: codec).append(contentsOf: 0..<50)
        #expect(codec.counter.batches.withLock { $0 } == 1 && log.length == 50)
        await expectError(.codingFailed) {
            try await log.typed(as: SmallNumbers(blocksPerBatch: 1)).append(contentsOf: [1, 2])
        }
        #expect(try await log.typed(as: codec).append(contentsOf: []).length == 50)
    }

    @Test func `values are appended from a sequence, up to one that cannot be encoded`() async throws {
        let log = try await TestStore().writable()
        let numbers = log.typed(as: SmallNumbers())
        let (values, source) = AsyncStream.makeStream(of: Int.self)
        for value in [5, 6, 7, 1000, 8] { source.yield(value) }
        source.finish()
        await expectError(.codingFailed) { try await numbers.append(from: values) }
        #expect(try await numbers.values().collected() == [5, 6, 7])
    }

    @Test func `values are appended to several logs in one batch`() async throws {
        let store = try TestStore()
        let words = try await store.writable("words").typed(as: .utf8)
        let numbers = try await store.writable("numbers").typed(as: SmallNumbers())
        try await store.registry.atomically { batch in
            try batch.append("one", to: words)
            try batch.append(contentsOf: ["two", "three"], to: words)
            #expect(try batch.append(7, to: numbers).length == 1)
            #expect(try batch.read(2, of: words) == "three" && batch.read(0, of: numbers) == 7)
            #expect(try batch.read(3, of: words) == nil)
        }
        #expect(try await words.get(0..<3) == ["one", "two", "three"])
        await expectError(.codingFailed) {
            try await store.registry.atomically { batch in
                try batch.append("four", to: words)
                try batch.append(100, to: numbers)
            }
        }
        #expect(words.log.length == 3 && numbers.log.length == 1)
    }

    @Test func `snapshots and encryption go with the session`() async throws {
        let store = try TestStore()
        let log = try await store.writable(encryption: .key(SecretBytes(copying: Array(repeating: 1, count: 32))))
        let words = log.typed(as: .utf8)
        try await words.append(contentsOf: ["a", "b"])
        let snapshot = try words.snapshot()
        try await log.truncate(to: 0)
        #expect(try await snapshot.values().collected() == ["a", "b"])
        #expect(try await words.values().collected() == [])
        await log.close()
        await expectError(.closed) { try await words.append("c") }
        await expectError(.closed) { _ = try await words.get(0) }
        #expect(try snapshot.read(1) == "b")
    }
}
