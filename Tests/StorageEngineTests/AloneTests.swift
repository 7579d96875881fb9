import StorageEngine
import Testing

/// What is done with the engine while nothing is written.
@Suite(.timeLimit(.minutes(5))) struct AloneTests {
    @Test(arguments: Durability.allCases)
    func `what is done alone comes after what was queued before, and before what comes later`(
        _ durability: Durability
    ) async throws {
        let engine = WatchedEngine()
        let writer = GroupWriter(engine, durability: durability)
        let recorder = Recorder<String>()
        let first = writer.enqueue(WriteSet(putting: "1")) { _ in recorder.note("first") }
        async let alone: Void = writer.alone { () throws(StorageError) in recorder.note("alone") }
        _ = try await writer.commit(first)
        try await alone
        let last = writer.enqueue(WriteSet(putting: "2")) { _ in recorder.note("last") }
        try await writer.commit(last)
        #expect(recorder.notes == ["first", "alone", "last"])
        await writer.close()
    }

    @Test func `what is done alone shares its turn with no set`() async throws {
        let engine = WatchedEngine()
        let writer = GroupWriter(engine, durability: .full)
        engine.holdNextWrite()
        let first = writer.enqueue(WriteSet(putting: "1"))
        writer.drive()
        await engine.waitUntilHeld()
        let second = writer.enqueue(WriteSet(putting: "2"))
        let alone = Task { try await writer.alone { () throws(StorageError) in } }
        engine.resume()
        try await writer.commit(first)
        #expect(try await writer.commit(second).transaction == 2)
        try await alone.value
        #expect(try await writer.commit(WriteSet(putting: "3")).transaction == 3)
        await writer.close()
    }

    @Test(arguments: Durability.allCases)
    func `a held queue takes sets, and applies them when it is released`(_ durability: Durability) async throws {
        let engine = WatchedEngine()
        let writer = GroupWriter(engine, durability: durability)
        try await writer.hold { () throws(StorageError) in }
        let tickets = (0..<10).map { writer.enqueue(WriteSet(putting: "\($0)")) }
        writer.drive()
        let waiting = Task { try await writer.commit(tickets[0]) }
        let transactions = try await releaseAfterCounting(writer)
        #expect(transactions == 0)
        #expect(try await waiting.value.transaction == 1)
        for ticket in tickets { try await writer.commit(ticket) }
        #expect(try engine.keys().count == 10)
        await writer.close()
    }

    private func releaseAfterCounting(_ writer: GroupWriter) async throws -> UInt64 {
        let transactions = writer.statistics.transactions
        try await writer.release { () throws(StorageError) in }
        return transactions
    }

    @Test func `what fails alone changes nothing about the queue`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .relaxed)
        let refusal = StorageError(.inUse, "somebody else has it")
        await expectThrows(.inUse) { try await writer.hold { () throws(StorageError) in throw refusal } }
        try await writer.commit(WriteSet(putting: "1"))
        try await writer.hold { () throws(StorageError) in }
        let ticket = writer.enqueue(WriteSet(putting: "2"))
        await expectThrows(.inUse) { try await writer.release { () throws(StorageError) in throw refusal } }
        #expect(writer.statistics.transactions == 1)
        try await writer.release { () throws(StorageError) in }
        #expect(try await writer.commit(ticket).transaction == 2)
        await writer.close()
        await expectThrows(.closed) { try await writer.alone { () throws(StorageError) in } }
        await expectThrows(.closed) { try await writer.release { () throws(StorageError) in } }
    }

    @Test func `closing a held writer applies what was queued`() async throws {
        let engine = WatchedEngine()
        let writer = GroupWriter(engine, durability: .full)
        try await writer.hold { () throws(StorageError) in }
        let ticket = writer.enqueue(WriteSet(putting: "1"))
        await writer.close()
        #expect(try await writer.commit(ticket).transaction == 1)
        #expect(try engine.keys() == ["1"])
    }
}
