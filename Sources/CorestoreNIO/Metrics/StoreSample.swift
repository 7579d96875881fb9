import Corestore
import Hypercore
import StorageEngine

/// All figures of a store and its servers at one moment; those that only grow begin at 0.
struct StoreSample {
    var logs = StoreCounters()
    var transactions: UInt64 = 0
    var writeSets: UInt64 = 0
    var queuedByteCount = 0
    var openLogCount = 0
    var connections = ServerCounters()
    var connectionCount = 0

    /// Before anything has happened.
    init() {}

    init(of store: Corestore, _ servers: [ReplicationServer]) {
        let statistics = store.statistics
        logs = statistics.logs
        transactions = statistics.writing?.transactions ?? 0
        writeSets = statistics.writing?.sets ?? 0
        queuedByteCount = statistics.queuedByteCount
        openLogCount = statistics.openLogCount
        for server in servers {
            connections.add(server.counters)
            connectionCount += server.connectionCount
        }
    }
}

extension ServerCounters {
    fileprivate mutating func add(_ other: ServerCounters) {
        accepted += other.accepted
        noRoom += other.noRoom
        admitted += other.admitted
        notAdmitted += other.notAdmitted
        receivedByteCount += other.receivedByteCount
        sentByteCount += other.sentByteCount
    }
}
