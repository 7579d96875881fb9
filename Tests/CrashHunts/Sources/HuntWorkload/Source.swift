import CompactEncoding
import Corestore
import Crypto
import Hypercore
import HypercoreStorage
import StorageEngine

/// A store in memory with one log, for others to download. It is the same in every process of one seed.
struct Source: Sendable {
    let store: Corestore
    let log: Hypercore
    let length: UInt64

    /// Makes the log with its first `length` blocks.
    init(seed: UInt64, length: UInt64) async throws {
        var options = CorestoreOptions(durability: .relaxed)
        options.primaryKey = BLAKE2b.hash(Array("the source of hunt \(seed)".utf8))
        // Another store appends under this key in every session, and always the same.
        options.unsafe = true
        store = try await Corestore.open(MemoryEngine(tables: Schema.tables), options: options)
        log = try await store.get(name: "source")
        self.length = length
        try await log.append(
            contentsOf: (0..<length).map { BlockContent.ofSource(at: $0).bytes(seed: seed) })
    }
}

extension BlockContent {
    /// What the source's log holds at `index`.
    public static func ofSource(at index: UInt64) -> BlockContent {
        BlockContent(operation: OperationID(session: 0xffff, task: 0, number: Int(index)), part: 0, parts: 1)
    }
}
