import StorageEngine
import Testing

@Suite struct GroupingTests {
    @Test(arguments: Durability.allCases)
    func `sets that wait together share one transaction`(_ durability: Durability) async throws {
        let writer = GroupWriter(WatchedEngine(), durability: durability)
        let tickets = (0..<100).map { writer.enqueue(WriteSet(putting: "\($0)")) }
        for ticket in tickets {
            #expect(try await writer.commit(ticket).transaction == 1)
        }
        #expect(writer.statistics.transactions == 1)
        #expect(writer.statistics.syncs == (durability == .full ? 1 : 0))
        #expect(writer.statistics.sets == 100)
        #expect(writer.statistics.recordsPut == 100)
        await writer.close()
    }

    @Test(arguments: Durability.allCases)
    func `a set alone has a transaction of its own`(_ durability: Durability) async throws {
        let writer = GroupWriter(WatchedEngine(), durability: durability)
        for number in 1...20 {
            #expect(try await writer.commit(WriteSet(putting: "\(number)")).transaction == UInt64(number))
        }
        #expect(writer.statistics.transactions == 20)
        await writer.close()
    }

    @Test func `what gathers during a commit makes the next group`() async throws {
        let engine = WatchedEngine()
        let writer = GroupWriter(engine, durability: .full)
        engine.holdNextWrite()
        let first = writer.enqueue(WriteSet(putting: "first"))
        writer.drive()
        await engine.waitUntilHeld()
        let later = (0..<50).map { writer.enqueue(WriteSet(putting: "\($0)")) }
        engine.resume()
        #expect(try await writer.commit(first).transaction == 1)
        for ticket in later { #expect(try await writer.commit(ticket).transaction == 2) }
        await writer.close()
    }

    @Test func `a group is no larger than one transaction may be`() async throws {
        let engine = WatchedEngine(maximumTransactionByteCount: 1_000)
        let writer = GroupWriter(engine, durability: .relaxed)
        let value = String(repeating: "x", count: 300)
        let tickets = (0..<10).map { writer.enqueue(WriteSet(putting: "\($0)", value)) }
        var transactions: [UInt64] = []
        for ticket in tickets { transactions.append(try await writer.commit(ticket).transaction) }
        // Each counts 300 bytes of value, 1 of key and 64 besides.
        #expect(transactions == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    }

    @Test func `completions are called in the order of the queue, refused sets included`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .full)
        let order = Recorder<String>()
        var tooLong = WriteSet()
        tooLong.put(String(repeating: "k", count: 512))
        var conflicting = WriteSet(putting: "2")
        conflicting.expect("1", .absent)
        for (index, set) in [WriteSet(putting: "1"), tooLong, conflicting, WriteSet(putting: "3")].enumerated() {
            _ = writer.enqueue(set) { result in
                let code =
                    switch result {
                    case .success: "committed"
                    case .failure(let error): error.code.rawValue
                    }
                order.note("\(index) \(code)")
            }
        }
        try await writer.flush()
        #expect(order.notes == ["0 committed", "1 invalidArgument", "2 conflict", "3 committed"])
        await writer.close()
    }

    @Test func `a counter that many tasks raise by expecting its last value loses no step`() async throws {
        let writer = GroupWriter(WatchedEngine(), durability: .relaxed)
        try await writer.commit(WriteSet(putting: "counter", "0."))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 { try await raise(writer) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try writer.engine.value("counter") == "400.")
        #expect(writer.statistics.sets == 401)
    }

    private func raise(_ writer: GroupWriter) async throws {
        while true {
            let old = try #require(try writer.engine.value("counter"))
            var set = WriteSet()
            set.expect("counter", .prefix(Array(old.utf8)))
            set.put("counter", "\(try #require(Int(old.dropLast())) + 1).")
            do {
                try await writer.commit(set)
                return
            } catch let error as StorageError where error.code == .conflict {
                continue
            }
        }
    }
}

@Suite struct SettlingTests {
    @Test func `who observes a ticket hears after all completions of the group, once`() async throws {
        let engine = WatchedEngine()
        let writer = GroupWriter(engine, durability: .full)
        let recorder = Recorder<String>()
        engine.holdNextWrite()
        let first = writer.enqueue(WriteSet(putting: "first"))
        writer.drive()
        await engine.waitUntilHeld()
        let tickets = (0..<3).map { number in
            let ticket = writer.enqueue(WriteSet(putting: "\(number)")) { _ in recorder.note("completion \(number)") }
            ticket.whenSettled { _ in recorder.note("settled \(number)") }
            return ticket
        }
        engine.resume()
        try await writer.commit(first)
        for ticket in tickets { try await writer.commit(ticket) }
        await writer.close()
        #expect(
            recorder.notes == ["completion 0", "completion 1", "completion 2", "settled 0", "settled 1", "settled 2"])
        tickets[0].whenSettled { result in recorder.note((try? result.get()) == nil ? "failed" : "late") }
        #expect(recorder.notes.last == "late")
    }
}
