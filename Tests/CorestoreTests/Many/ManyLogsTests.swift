import Corestore
import Crypto
import Foundation
import Hypercore
import HypercoreStorage
import StorageEngine
import StorageLMDB
import Testing

/// A store may have any number of logs: it takes one file, and memory for those alone that are open.
@Suite(.timeLimit(.minutes(15))) struct ManyLogsTests {
    @Test func `hundreds of logs are made, listed, opened and replicated over one connection`() async throws {
        let logs = try ManyLogs(300)
        try await logs.make()
        let keys = try await logs.list()
        try await logs.reopen()
        try await logs.replicate(keys, bunch: 100)
    }

    /// `CORESTORE_MANY_LOGS=10000 swift test --filter ManyLogsTests` prints what each step takes.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["CORESTORE_MANY_LOGS"] != nil))
    func `as many logs as the environment asks for`() async throws {
        let count = try #require(ProcessInfo.processInfo.environment["CORESTORE_MANY_LOGS"].flatMap { Int($0) })
        var logs = try ManyLogs(count)
        logs.report = { print("many logs:", $0) }
        try await logs.make()
        let keys = try await logs.list()
        try await logs.reopen()
        // Again, to see whether anything is left of a connection that is gone.
        for _ in 0..<3 { try await logs.replicate(keys, bunch: 500) }
    }

    @Test func `opening a store, and a log of it, reads the same few records however many logs there are`() async throws
    {
        var opening: Set<Int> = []
        var getting: Set<Int> = []
        for count in [1, 10, 300] {
            let directory = try TemporaryDirectory()
            func open() throws -> ReadCountingEngine {
                ReadCountingEngine(try LMDBEngine.open(at: directory.path, tables: Schema.tables))
            }
            var store = try await Corestore.open(open(), options: CorestoreOptions(durability: .relaxed))
            for number in 0..<count { try await store.get(name: "\(number)").append([1]) }
            try await store.close()

            let engine = try open()
            let reads = try await engine.reads {
                store = try await Corestore.open(engine, options: CorestoreOptions(durability: .relaxed))
                try await store.finishSweeping()
            }
            opening.insert(reads)
            getting.insert(try await engine.reads { _ = try await store.get(name: "0") })
            try await store.close()
        }
        #expect(opening.count == 1 && getting.count == 1)
        #expect(opening.allSatisfy { $0 < 20 } && getting.allSatisfy { $0 < 20 }, "\(opening) \(getting)")
    }
}
