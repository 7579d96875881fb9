public import BenchHarness
import CompactEncoding
import Corestore
import CorestoreNIO
import Crypto
import Hypercore
import StorageEngine

/// swift-corestore doing the work of every figure, through the calls that its users make.
public struct CorestoreContender: Contender {
    static let coreName = "log"

    /// Creates the contender.
    public init() {}

    public func fill(_ workload: Workload, at directory: String) async throws {
        let store = try await open(directory)
        switch workload.figure {
        case .openMany, .openMemory: try await fillCores(workload, in: store)
        case .openSparse: try await fillSparse(workload, in: store)
        default: try await fillLog(workload, store.get(name: Self.coreName))
        }
        try await store.close()
    }

    public func run(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) async throws -> String {
        switch workload.figure {
        case .appendSingle, .appendSingleFull: try await appendSingle(workload, at: place.scratch, meter)
        case .appendConcurrent: try await appendConcurrently(workload, at: place.scratch, meter)
        case .appendConcurrentCores: try await appendConcurrentlyToCores(workload, at: place.scratch, meter)
        case .appendBatchSmall, .appendBatchLarge: try await appendBatches(workload, at: place.scratch, meter)
        case .atomic: try await appendAtomically(workload, at: place.scratch, meter)
        case .getRandom: try await getRandom(workload, from: place.requiredSource, meter)
        case .getRandomInFlight: try await getRandomInFlight(workload, from: place.requiredSource, meter)
        case .openMany: try await openMany(workload, from: place.requiredSource, meter)
        case .createMany: try await createMany(workload, at: place.scratch, meter)
        case .openMemory: try await holdOpen(workload, from: place.requiredSource, meter)
        case .openSparse: try await openSparse(workload, from: place.requiredSource, meter)
        case .pipeSmall, .pipeLarge: try await pipe(workload, in: place, meter)
        case .replicateSmall, .replicateLarge: try await download(workload, in: place, meter)
        }
    }

    public func serve(
        _ workload: Workload, from directory: String, announce: (String) throws -> Void
    ) async throws {
        let store = try await open(directory)
        let log = try await store.get(name: Self.coreName)
        let server = try await ReplicationServer.listen(serving: store)
        try announce("\(server.endpoint) \(log.key)")
        await server.run()
    }

    func open(_ directory: String, syncs: Bool = false) async throws -> Corestore {
        try await Corestore.open(
            at: directory, options: CorestoreOptions(durability: syncs ? .full : .relaxed))
    }

    func fillLog(_ workload: Workload, _ log: Hypercore) async throws {
        var batches = BlockBatches(workload)
        while let batch = batches.next() { try await log.append(contentsOf: batch) }
    }

    func finish(_ store: Corestore, _ log: Hypercore) async throws -> String {
        let treeHash = try log.treeHash().hex
        try await store.close()
        return treeHash
    }

    /// What the tree hashes of several cores amount to, in their order.
    func finish(_ store: Corestore, _ logs: [Hypercore]) async throws -> String {
        var digest = ReadDigest()
        for log in logs { digest.add(try log.treeHash().array) }
        try await store.close()
        return digest.hexadecimal
    }
}
