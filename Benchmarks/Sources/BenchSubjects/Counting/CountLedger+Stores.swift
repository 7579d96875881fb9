import BenchHarness
import Corestore
import Hypercore
import Replication
import StorageEngine

extension CountLedger {
    /// Opens a store whose writing and reading is counted.
    ///
    /// Puts, their bytes, commits and syncs are the store's own statistics. What else is asked of the engine is counted by a
    /// ``FaultInjectingEngine`` that injects no faults: all that a transaction writes, of which what is no put is a delete.
    func openStore(on engine: any StorageEngine, _ options: CorestoreOptions) async throws -> Corestore {
        let engine = FaultInjectingEngine(engine)
        let store = try await Corestore.open(engine, options: options)
        add {
            guard let writing = store.statistics.writing else { return Counts() }
            return Counts([
                .puts: Int(writing.recordsPut), .putBytes: Int(writing.bytesPut),
                .deletes: engine.count(of: .write) - Int(writing.recordsPut), .commits: Int(writing.transactions),
                .syncs: Int(writing.syncs), .snapshots: engine.count(of: .read),
            ])
        }
        return store
    }

    /// Counts the messages of the replication protocol that a log sends.
    func count(messagesSentBy log: Hypercore) {
        add { Counts([.messages: Int(log.replicationCounters.sent.total)]) }
    }
}
