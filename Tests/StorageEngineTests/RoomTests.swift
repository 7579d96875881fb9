import Synchronization
import Testing

@testable import StorageEngine

@Suite struct RoomTests {
    @Test func `room is given in the order in which it was asked for`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .relaxed, maximumQueuedByteCount: 100)
        var held: GroupWriter.Room? = try await writer.room(for: 80)
        let order = Recorder<Int>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            // The second would fit beside what is held, and must not overtake. No two fit in together.
            for (index, byteCount) in [90, 20, 100, 90].enumerated() {
                group.addTask {
                    let room = try await writer.room(for: byteCount)
                    order.note(index)
                    withExtendedLifetime(room) {}
                }
                await writer.waitForLine(of: index + 1)
            }
            #expect(order.notes.isEmpty && held != nil)
            held = nil
            try await group.waitForAll()
        }
        #expect(order.notes == [0, 1, 2, 3])
        #expect(writer.queuedByteCount == 0)
    }

    @Test func `what is larger than the whole queue gets in when the queue is empty`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .relaxed, maximumQueuedByteCount: 100)
        let large = try await writer.room(for: 5_000)
        #expect(writer.queuedByteCount == 5_000)
        let waiting = Task { try await writer.room(for: 1) }
        await writer.waitForLine(of: 1)
        var set = WriteSet(putting: "large", String(repeating: "x", count: 4_000))
        set.put("more")
        try await writer.commit(writer.enqueue(set, in: large))
        _ = try await waiting.value
    }

    @Test func `room that was not used is given back`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .relaxed, maximumQueuedByteCount: 1_000)
        try await writer.room(for: 900)
        #expect(writer.queuedByteCount == 0)
        let room = try await writer.room(for: 900)
        let ticket = writer.enqueue(WriteSet(putting: "a"), in: room)
        #expect(writer.queuedByteCount == 65)
        try await writer.commit(ticket)
        #expect(writer.queuedByteCount == 0)
    }

    @Test func `a cancelled task leaves the line, and those behind it move up`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .relaxed, maximumQueuedByteCount: 100)
        let held = try await writer.room(for: 50)
        let first = Task { try await writer.room(for: 60) }
        await writer.waitForLine(of: 1)
        let second = Task { try await writer.room(for: 40) }
        await writer.waitForLine(of: 2)
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        _ = try await second.value
        _ = held
    }

    @Test func `a task that is cancelled before it waits does not wait`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .relaxed, maximumQueuedByteCount: 100)
        let held = try await writer.room(for: 100)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await writer.room(for: 1)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        _ = held
    }

    @Test func `closing sends those who wait away`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .full, maximumQueuedByteCount: 100)
        let held = try await writer.room(for: 100)
        let waiting = Task { try await writer.room(for: 1) }
        await writer.waitForLine(of: 1)
        await writer.close()
        await expectThrows(.closed) { _ = try await waiting.value }
        await expectThrows(.closed) { _ = try await writer.room(for: 1) }
        _ = held
    }

    @Test func `a set that no transaction can carry is refused at once`() async throws {
        let engine = WatchedEngine(maximumTransactionByteCount: 1_000)
        let writer = GroupWriter(engine, durability: .relaxed)
        let set = WriteSet(putting: "large", String(repeating: "x", count: 1_000))
        await expectThrows(.tooLarge) { _ = try await writer.room(for: set.byteCount) }
        await expectThrows(.tooLarge) { try await writer.commit(set) }
        await expectThrows(.tooLarge) { try await writer.commit(writer.enqueue(set)) }
        #expect(engine.writeThreads.isEmpty)
        #expect(writer.queuedByteCount == 0)
    }

    @Test func `the queue never holds more than its bound`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .relaxed, maximumQueuedByteCount: 1_000)
        let seen = Recorder<Int>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let set = WriteSet(putting: "\(number)", String(repeating: "x", count: 100))
                    let room = try await writer.room(for: set.byteCount)
                    let ticket = writer.enqueue(set, in: room)
                    seen.note(writer.queuedByteCount)
                    try await writer.commit(ticket)
                }
            }
            try await group.waitForAll()
        }
        #expect(seen.notes.max().map { $0 <= 1_000 } == true)
        #expect(try writer.engine.keys().count == 200)
    }
}

extension GroupWriter {
    /// Returns when so many wait for room.
    fileprivate func waitForLine(of count: Int) async {
        while queue.withLock({ $0.rooms.waiterCount }) != count { await Task.yield() }
    }
}
