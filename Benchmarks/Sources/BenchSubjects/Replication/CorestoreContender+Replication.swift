import BenchHarness
import Corestore
import CorestoreNIO
import Crypto
import Hypercore

extension CorestoreContender {
    func pipe(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) async throws -> String {
        let source = try await open(place.requiredSource, meter.ledger)
        let original = try await source.get(name: Self.coreName)
        let store = try await open(place.scratch, meter.ledger)
        let log = try await store.get(key: original.key)
        for log in [log, original] { meter.ledger?.count(messagesSentBy: log) }
        meter.start()
        let pipe = try StorePipe(store, source, meter.ledger)
        try await log.download(start: 0, end: UInt64(workload.blockCount)).finished()
        meter.stop()
        await pipe.cut()
        let treeHash = try await finish(store, log)
        try await source.close()
        return treeHash
    }

    func download(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) async throws -> String {
        let server = try ServingProcess(.ours, workload, from: place.requiredSource)
        let (endpoint, key) = try Self.parse(server.announcement)
        let store = try await open(place.scratch, meter.ledger)
        let log = try await store.get(key: key)
        meter.ledger?.count(messagesSentBy: log)
        meter.start()
        let connection = try await ReplicationClient().connect(to: endpoint, replicating: store)
        try await log.download(start: 0, end: UInt64(workload.blockCount)).finished()
        meter.stop()
        await connection.close()
        let treeHash = try await finish(store, log)
        try server.finish()
        return treeHash
    }

    /// What a server of ours announced: where it listens, and the key of its log.
    static func parse(_ announcement: String) throws -> (Endpoint, CoreKey) {
        let words = announcement.split(separator: " ")
        guard words.count == 2, let endpoint = Endpoint(words[0]) else { throw ServingProcess.Failure.noAnnouncement }
        return (endpoint, try CoreKey(text: words[1]))
    }
}
