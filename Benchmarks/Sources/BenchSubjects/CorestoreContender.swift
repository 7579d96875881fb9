public import BenchHarness
import CompactEncoding
import Corestore
import CorestoreNIO
import Crypto
import Hypercore
import HypercoreStorage
public import StorageEngine
import StorageLMDB

/// swift-corestore doing the work of every figure, through the calls that its users make.
public struct CorestoreContender: Contender {
    static let coreName = "log"

    /// Opens the engine that stores are kept by, in a directory.
    private let makeEngine: @Sendable (_ directory: String) throws -> any StorageEngine

    /// Creates the contender, on LMDB.
    public init() {
        self.init { directory in try LMDBEngine.open(at: directory, tables: Schema.tables) }
    }

    /// Creates the contender on another engine.
    public init(onEngine makeEngine: @escaping @Sendable (_ directory: String) throws -> any StorageEngine) {
        self.makeEngine = makeEngine
    }

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
        case .getCold: try await getCold(workload, from: place.requiredSource, meter)
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
        guard workload.figure == .getCold else { return try await serve(directory, TransportConfiguration(), announce) }
        let cold = try ColdStore(at: directory, workload)
        var configuration = TransportConfiguration()
        configuration.keepAliveInterval = KeepAliveWatch.interval
        try await serve(directory, configuration, announce)
        cold.end()
    }

    private func serve(
        _ directory: String, _ configuration: TransportConfiguration, _ announce: (String) throws -> Void
    ) async throws {
        let store = try await open(directory)
        let log = try await store.get(name: Self.coreName)
        let server = try await ReplicationServer.listen(serving: store, configuration: configuration)
        try announce("\(server.endpoint) \(log.key)")
        await server.run()
    }

    /// Opens a store; one that is counted for where there is a ledger.
    func open(_ directory: String, syncs: Bool = false, _ ledger: CountLedger? = nil) async throws -> Corestore {
        let options = CorestoreOptions(durability: syncs ? .full : .relaxed)
        if let ledger { return try await ledger.openStore(on: makeEngine(directory), options) }
        return try await Corestore.open(makeEngine(directory), options: options)
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
