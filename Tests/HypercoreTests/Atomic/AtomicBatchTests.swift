import HypercoreStorage
import StorageEngine
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct AtomicBatchTests {
    @Test func `a batch over many logs is one commit`() async throws {
        let store = try TestStore()
        var logs: [Hypercore] = []
        for number in 0..<16 { logs.append(try await store.writable("log \(number)")) }
        let writer = try #require(store.writer)
        let before = writer.statistics
        try await store.registry.atomically { [logs] batch in
            for (number, log) in logs.enumerated() { try batch.append([UInt8(number)], to: log) }
        }
        #expect(writer.statistics.transactions == before.transactions + 1)
        #expect(writer.statistics.recordsPut == before.recordsPut + 16 * 3)
        for (number, log) in logs.enumerated() { #expect(try log.read(0) == [UInt8(number)]) }
    }

    @Test func `everything that a log can do is part of a batch, and can be read inside it`() async throws {
        let store = try TestStore()
        let (first, second) = (try await store.writable("a"), try await store.writable("b"))
        try await first.append(contentsOf: numberedBlocks(0..<8))
        try await second.append(contentsOf: numberedBlocks(0..<4))
        try await store.registry.atomically { batch in
            try batch.truncate(first, to: 5)
            #expect(try batch.append([1], to: first).length == 6)
            try batch.append(contentsOf: [[2], [3]], to: first)
            try batch.truncate(first, to: 7)
            #expect(try batch.clear(1..<3, of: first).blockCount == 2)
            try batch.clear(0..<1, of: second)
            try batch.setUserData([9], for: "cursor", of: second)
            #expect(try batch.length(of: first) == 7)
            #expect(try batch.fork(of: first) == 2)
            #expect(try batch.read(6, of: first) == [2])
            #expect(try batch.read(4, of: first) == numberedBlocks(4..<5)[0])
            #expect(try batch.read(2, of: first) == nil)
            #expect(try batch.read(7, of: first) == nil)
            #expect(try batch.userData("cursor", of: second) == [9])
            #expect(first.length == 8 && second.contiguousLength == 4)
            #expect(try second.userData("cursor") == nil)
        }
        #expect(first.length == 7 && first.fork == 2)
        #expect(try first.storedBlocks(of: 8) == [0, 3, 4, 5, 6])
        #expect(try first.read(6) == [2])
        #expect(try second.storedBlocks(of: 4) == [1, 2, 3])
        #expect(try second.userData("cursor") == [9])
        let reopened = try await store.reopened()
        let again = try await reopened.writable("a")
        #expect(try again.storedBlocks(of: 8) == [0, 3, 4, 5, 6])
        try await again.append([4])
        let fresh = try await TestStore().writable("a")
        try await fresh.append(contentsOf: numberedBlocks(0..<5) + [[1], [2], [4]])
        #expect(try again.treeHash() == fresh.treeHash())
    }

    @Test func `a batch that is given up has changed nothing`() async throws {
        struct GivenUp: Error {}
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([1])
        let before = try store.allRecords()
        await #expect(throws: GivenUp.self) {
            try await store.registry.atomically { batch in
                try batch.append([2], to: log)
                try batch.setUserData([3], for: "a", of: log)
                throw GivenUp()
            }
        }
        #expect(try store.allRecords() == before)
        try await log.append([4])
        #expect(try log.read(1) == [4])
    }

    @Test func `a batch meets a log that was changed meanwhile, and nothing of it happens`() async throws {
        let store = try TestStore()
        let (first, second) = (try await store.writable("a"), try await store.writable("b"))
        await expectError(.conflict) {
            try await store.registry.atomically { batch in
                try batch.append([1], to: first)
                try batch.append([1], to: second)
                try await second.append([2])
            }
        }
        await expectError(.conflict) {
            try await store.registry.atomically { batch in
                _ = try batch.length(of: second)
                try batch.append([1], to: first)
                try await second.append([3])
            }
        }
        #expect(first.length == 0)
        #expect(second.length == 2)
        try await store.registry.atomically { batch in
            try batch.append([4], to: first)
            try batch.append([4], to: second)
        }
        #expect(try first.read(0) == [4] && second.read(2) == [4])
    }

    @Test func `a batch whose commit fails leaves all of its logs as they were, and usable`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine)
        let (first, second) = (try await store.writable("a"), try await store.writable("b"))
        engine.inject(.init(.commit))
        await #expect(throws: HypercoreError.self) {
            try await store.registry.atomically { batch in
                try batch.append([1], to: first)
                try batch.append([2], to: second)
            }
        }
        engine.heal()
        #expect(first.length == 0 && second.length == 0)
        #expect(first.stagedLength == 0 && second.stagedLength == 0)
        try await first.append([3])
        try await second.append([4])
        #expect(try first.read(0) == [3] && second.read(0) == [4])
    }

    @Test func `what a batch cannot take is refused in it`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let reader = try await store.reader(of: TestStore.key("other"))
        let snapshot = try log.snapshot()
        var escaped: AtomicBatch?
        try await store.registry.atomically { batch in
            escaped = batch
            await expectError(.notWritable) { try batch.append([1], to: reader) }
            await expectError(.notWritable) { try batch.append([1], to: snapshot) }
            await expectError(.outOfBounds) { try batch.truncate(log, to: 1) }
            await expectError(.outOfBounds) { try batch.setUserData([1], for: "", of: log) }
            await expectError(.tooLarge) { _ = try batch.clear(0..<Core.clearedBlockLimit + 1, of: log) }
            await expectError(.tooLarge) { _ = try batch.clear(0..<UInt64.max, of: log) }
            let large = [UInt8](repeating: 0, count: 15 << 20)
            for _ in 0..<4 { try batch.append(large, to: log) }
            await expectError(.tooLarge) { try batch.append(large, to: log) }
        }
        #expect(log.length == 4)
        await expectError(.closed) { try escaped?.append([1], to: log) }
    }

    @Test func `batches of many tasks over the same logs are whole or refused`() async throws {
        let store = try TestStore(durability: .full)
        let (first, second) = (try await store.writable("a"), try await store.writable("b"))
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var made = 0
                    for round in 0..<20 {
                        do {
                            try await store.registry.atomically { batch in
                                let block = [UInt8(task), UInt8(round)]
                                try batch.append(block, to: first)
                                try batch.append(block, to: second)
                            }
                            made += 1
                        } catch let error as HypercoreError where error.code == .conflict {
                            await Task.yield()
                        }
                    }
                    return made
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(first.length == UInt64(made) && second.length == UInt64(made))
        #expect(made > 0)
        for index in 0..<UInt64(made) { #expect(try first.read(index) == second.read(index)) }
    }
}
