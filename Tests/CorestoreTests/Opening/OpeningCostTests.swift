import Corestore
import Hypercore
import HypercoreStorage
import StorageEngine
import Testing

/// What opening a log that is stored takes from the engine: a store may have any number of logs, and opens many.
@Suite struct OpeningCostTests {
    @Test func `a log that is stored is opened by two reads of four records`() async throws {
        let engine = ReadCountingEngine(MemoryEngine(tables: Schema.tables))
        let store = try await Corestore.open(engine)
        try await store.get(name: "log").append([1])
        // The name and the pointer, identity and head.
        try await engine.expectCost(snapshots: 2, records: 4) { _ = try await store.get(name: "log") }
        try await store.close()
    }

    @Test func `branches are not read by who opens their log`() async throws {
        let engine = ReadCountingEngine(MemoryEngine(tables: Schema.tables))
        let store = try await Corestore.open(engine)
        let log = try await store.get(name: "log")
        for number in 0..<100 { try await log.branch("\(number)").close() }
        await log.close()
        // Beside those of any log the first branch, past which all are passed over, and the next generation.
        try await engine.expectCost(snapshots: 2, records: 6) { _ = try await store.get(name: "log") }
        try await store.close()
    }

    @Test func `what is there of a log that is open already is not read again`() async throws {
        let engine = ReadCountingEngine(MemoryEngine(tables: Schema.tables))
        let store = try await Corestore.open(engine)
        let log = try await store.get(name: "log")
        try await engine.expectCost(snapshots: 1, records: 1) { _ = try await store.get(name: "log") }
        try await engine.expectCost(snapshots: 0, records: 0) { _ = try await store.get(key: log.key) }
        try await store.close()
    }
}

extension ReadCountingEngine {
    fileprivate func expectCost(snapshots: Int, records: Int, _ body: () async throws -> Void) async throws {
        let before = snapshotCount
        #expect(try await reads(body) == records)
        #expect(snapshotCount - before == snapshots)
    }
}
