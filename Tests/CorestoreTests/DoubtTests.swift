import Corestore
import Hypercore
import HypercoreStorage
import StorageEngine
import StorageLMDB
import Testing

/// A store that its engine doubts is opened, and its logs are read; they are appended to on somebody's word.
@Suite(.timeLimit(.minutes(5))) struct DoubtTests {
    let directory: TemporaryDirectory

    init() async throws {
        directory = try TemporaryDirectory()
        let store = try await directory.open()
        for name in ["one", "two"] { try await store.get(name: name).append([1]) }
        try await store.close()
    }

    /// Opens the store with an engine that may doubt what it holds.
    private func open(
        _ doubt: HistoryDoubt? = nil, _ configure: (inout CorestoreOptions) -> Void = { _ in }
    ) async throws -> (store: Corestore, engine: FaultInjectingEngine) {
        var options = CorestoreOptions(durability: .relaxed)
        configure(&options)
        var lmdb = LMDBOptions()
        lmdb.access = options.readOnly ? .readOnly : .readWrite
        let engine = FaultInjectingEngine(
            try LMDBEngine.open(at: directory.storePath, tables: Schema.tables, options: lmdb))
        if let doubt { engine.raise(doubt) }
        return (try await Corestore.open(engine, options: options), engine)
    }

    @Test(arguments: HistoryDoubt.allCases)
    func `a doubtful store reads and does not append, until it is trusted`(doubt: HistoryDoubt) async throws {
        var (store, engine) = try await open(doubt)
        #expect(store.historyDoubt == doubt && engine.historyDoubt == nil)
        try await store.close()

        (store, engine) = try await open()
        #expect(store.historyDoubt == doubt)
        let log = try await store.get(name: "one")
        #expect(try log.read(0) == [1])
        let error = await #expect(throws: HypercoreError.self) { try await log.append([2]) }
        #expect(error?.code == .appendingStopped)

        try await store.trustHistory()
        #expect(store.historyDoubt == nil)
        #expect(try await log.append([2]).length == 2)
        try await store.get(name: "new").append([1])
        try await store.close()
        (store, engine) = try await open()
        #expect(store.historyDoubt == nil)
        try await store.get(name: "two").append([2])
        try await store.close()
    }

    @Test func `a user who knows what has happened says so when opening the store`() async throws {
        var (store, engine) = try await open(.copied) { $0.trustsHistory = true }
        #expect(store.historyDoubt == nil && engine.historyDoubt == nil)
        try await store.get(name: "one").append([2])
        try await store.close()
        (store, engine) = try await open(.copied)
        #expect(store.historyDoubt == .copied)
        try await store.close()
        (store, engine) = try await open { $0.trustsHistory = true }
        try await store.get(name: "one").append([3])
        try await store.close()
    }

    @Test func `a store that is opened read-only leaves the doubt to whoever writes`() async throws {
        let (store, engine) = try await open(.uncleanStop) { options in
            options.readOnly = true
            options.trustsHistory = true
        }
        #expect(store.historyDoubt == nil && engine.historyDoubt == .uncleanStop)
        await expectError(.storage, "read-only") { try await store.trustHistory() }
        try await store.close()
        await expectError(.closed) { try await store.trustHistory() }
    }

    @Test func `a store whose doubt cannot be kept is not opened`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        engine.raise(.copied)
        engine.inject(.init(.commit, isLasting: true))
        await expectError(.storage) { _ = try await Corestore.open(engine) }
        #expect(engine.historyDoubt == .copied)
    }
}
