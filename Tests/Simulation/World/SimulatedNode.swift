import Corestore
import Crypto
import Hypercore
import HypercoreStorage
import Replication
import StorageEngine

/// A store of the simulation: what a process holds, and what outlives it.
final class SimulatedNode {
    let name: String
    /// What is on the disk. It can be made to fail.
    let engine: FaultInjectingEngine
    private let disk: MemoryEngine
    var store: Corestore
    /// The node's session of each log, where it has one open.
    var logs: [Hypercore?]
    /// The downloads without an end.
    var following: [Download?]
    let options: CorestoreOptions

    init(_ name: String, options: CorestoreOptions, logCount: Int) async throws {
        (self.name, self.options) = (name, options)
        disk = MemoryEngine(tables: Schema.tables)
        engine = FaultInjectingEngine(disk)
        store = try await Corestore.open(UnclosedEngine(engine), options: options)
        logs = Array(repeating: nil, count: logCount)
        following = Array(repeating: nil, count: logCount)
    }

    /// A process ends and another begins on the same disk.
    func restart() async throws {
        engine.heal()
        try await store.close()
        store = try await Corestore.open(UnclosedEngine(engine), options: options)
        logs = logs.map { _ in nil }
        following = following.map { _ in nil }
    }
}

/// Keeps what is in memory when a store closes its engine.
private final class UnclosedEngine: StorageEngine {
    private let engine: any StorageEngine

    init(_ engine: any StorageEngine) {
        self.engine = engine
    }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) { try engine.withSnapshot(body) }

    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        try engine.write(durability: durability, body)
    }

    func sync() throws(StorageError) { try engine.sync() }
    func close() throws(StorageError) {}
}
