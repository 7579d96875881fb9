import CompactEncoding
import Corestore
import Crypto
import Hypercore
import HypercoreStorage
import StorageEngine

/// A peer in the same process that follows the writer's logs, and tells every head that it got and verified.
struct Witness: Sendable {
    let store: Corestore
    private let journal: Journal

    /// - Parameter journal: where the heads are told.
    init(journal: Journal) async throws {
        store = try await Corestore.open(
            MemoryEngine(tables: Schema.tables), options: CorestoreOptions(durability: .relaxed))
        self.journal = journal
    }

    /// Follows one log until the store is closed: downloads all that comes, and tells each head.
    func follow(_ key: CoreKey) async throws {
        let log = try await store.get(key: key)
        let events = log.events
        _ = try log.download()
        for await event in events {
            if case .appended = event { try tell(log) }
            if case .truncated = event { try tell(log) }
        }
    }

    private func tell(_ log: Hypercore) throws {
        while true {
            // Three calls, between which the log may move on.
            let (fork, length, hash) = (log.fork, log.length, try log.treeHash())
            guard (log.fork, log.length) == (fork, length) else { continue }
            return journal.tell(.told(core: log.key.text, fork: fork, length: length, treeHash: hash.hex))
        }
    }
}
