import StorageEngine
import Testing

@Suite struct FailureTests {
    typealias Fault = FaultInjectingEngine.Fault

    @Test(arguments: Durability.allCases)
    func `a failed transaction fails its whole group, and later groups go on`(_ durability: Durability) async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: [records]))
        let writer = GroupWriter(engine, durability: durability)
        engine.inject(Fault(.commit, error: StorageError(.full, "no space")))
        let tickets = (0..<3).map { writer.enqueue(WriteSet(putting: "\($0)")) }
        for ticket in tickets { await expectThrows(.full) { try await writer.commit(ticket) } }
        try await writer.commit(WriteSet(putting: "later"))
        #expect(try engine.keys() == ["later"])
        #expect(writer.statistics.failures == 3)
        #expect(writer.statistics.transactions == 1)
        #expect(writer.queuedByteCount == 0)
        await writer.close()
    }

    @Test func `a write that fails in the middle undoes the group`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: [records]))
        let writer = GroupWriter(engine, durability: .relaxed)
        for moment in FaultInjectingEngine.Moment.allCases {
            engine.inject(Fault(.write, ordinal: 2, moment))
            var set = WriteSet(putting: "1")
            set.put("2")
            set.put("3")
            await expectThrows(.inputOutput) { try await writer.commit(set) }
            #expect(try engine.keys().isEmpty)
        }
    }

    @Test func `a commit that fails after taking effect has taken effect`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: [records]))
        let writer = GroupWriter(engine, durability: .relaxed)
        engine.inject(Fault(.commit, .afterTakingEffect))
        await expectThrows(.inputOutput) { try await writer.commit(WriteSet(putting: "1")) }
        #expect(try engine.keys() == ["1"])
    }

    @Test func `an engine that is poisoned fails every later group`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: [records]))
        let writer = GroupWriter(engine, durability: .full)
        try await writer.commit(WriteSet(putting: "before"))
        engine.inject(Fault(.sync, isLasting: true, error: StorageError(.poisoned, "the disk is gone")))
        for number in 0..<3 {
            await expectThrows(.poisoned) { try await writer.commit(WriteSet(putting: "\(number)")) }
        }
        await expectThrows(.poisoned) { try await writer.flush() }
        #expect(try engine.keys() == ["before"])
        engine.heal()
        try await writer.commit(WriteSet(putting: "healed"))
        await writer.close()
    }

    @Test func `a failed flush does not undo what was committed before`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: [records]))
        let writer = GroupWriter(engine, durability: .relaxed)
        engine.inject(Fault(.sync))
        let ticket = writer.enqueue(WriteSet(putting: "1"))
        await expectThrows(.inputOutput) { try await writer.flush() }
        try await writer.commit(ticket)
        #expect(try engine.keys() == ["1"])
        await writer.close()
    }

    @Test func `reads fail as told, before or after their body`() throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: [records]))
        for (moment, calls) in [(FaultInjectingEngine.Moment.beforeTakingEffect, 0), (.afterTakingEffect, 1)] {
            engine.inject(Fault(.read, ordinal: 2, moment))
            var count = 0
            try engine.withSnapshot { _ in }
            #expect(throws: StorageError.self) { try engine.withSnapshot { _ in count += 1 } }
            #expect(count == calls)
        }
        #expect(engine.count(of: .read) == 4)
    }

    @Test func `operations are counted`() throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: [records]))
        let key: [UInt8] = [1]
        for durability in Durability.allCases {
            try engine.write(durability: durability) { transaction throws(StorageError) in
                try transaction.put(records, key: key.span.bytes, value: key.span.bytes)
                try transaction.delete(records, key: key.span.bytes)
                try transaction.delete(records, KeyRange())
            }
        }
        try engine.sync()
        #expect(FaultInjectingEngine.Operation.allCases.map(engine.count) == [0, 6, 2, 2])
    }
}
