public import BenchHarness
import CompactEncoding
import Corestore
import CorestoreNIO
import Crypto
import Hypercore
import StorageEngine

/// swift-corestore doing the work of every figure, through the calls that its users make.
public struct CorestoreContender: Contender {
    private static let coreName = "log"

    /// Creates the contender.
    public init() {}

    public func fill(_ workload: Workload, at directory: String) async throws {
        let store = try await Self.open(directory)
        let log = try await store.get(name: Self.coreName)
        var batches = BlockBatches(workload)
        while let batch = batches.next() { try await log.append(contentsOf: batch) }
        try await store.close()
    }

    public func run(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) async throws -> String {
        switch workload.figure {
        case .appendSingle: try await appendSingle(workload, at: place.scratch, meter)
        case .appendBatchSmall, .appendBatchLarge: try await appendBatches(workload, at: place.scratch, meter)
        case .getRandom: try await getRandom(workload, from: place.requiredSource, meter)
        case .replicateSmall, .replicateLarge: try await download(workload, in: place, meter)
        }
    }

    public func serve(
        _ workload: Workload, from directory: String, announce: (String) throws -> Void
    ) async throws {
        let store = try await Self.open(directory)
        let log = try await store.get(name: Self.coreName)
        let server = try await ReplicationServer.listen(serving: store)
        try announce("\(server.endpoint) \(log.key)")
        await server.run()
    }

    private static func open(_ directory: String) async throws -> Corestore {
        try await Corestore.open(at: directory, options: CorestoreOptions(durability: .relaxed))
    }
}

// MARK: - The figures

extension CorestoreContender {
    private func appendSingle(
        _ workload: Workload, at directory: String, _ meter: borrowing Meter
    ) async throws -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        let store = try await Self.open(directory)
        let log = try await store.get(name: Self.coreName)
        meter.start()
        for index in 0..<workload.blockCount { try await log.append(pattern.block(at: index)) }
        meter.stop()
        return try await finish(store, log)
    }

    private func appendBatches(
        _ workload: Workload, at directory: String, _ meter: borrowing Meter
    ) async throws -> String {
        let store = try await Self.open(directory)
        let log = try await store.get(name: Self.coreName)
        var batches = BlockBatches(workload)
        meter.start()
        while let batch = batches.next() { try await log.append(contentsOf: batch) }
        meter.stop()
        return try await finish(store, log)
    }

    private func getRandom(
        _ workload: Workload, from directory: String, _ meter: borrowing Meter
    ) async throws -> String {
        let store = try await Self.open(directory)
        let log = try await store.get(name: Self.coreName)
        var indices = SeededNumbers(seed: ReadDigest.indexSeed)
        var digest = ReadDigest()
        meter.start()
        for _ in 0..<workload.readCount {
            digest.add(try await log.get(UInt64(indices.next(below: workload.blockCount))))
        }
        meter.stop()
        try await store.close()
        return digest.hexadecimal
    }

    private func download(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) async throws -> String {
        let server = try ServingProcess(.ours, workload, from: place.requiredSource)
        let (endpoint, key) = try Self.parse(server.announcement)
        let store = try await Self.open(place.scratch)
        let log = try await store.get(key: key)
        meter.start()
        let connection = try await ReplicationClient().connect(to: endpoint, replicating: store)
        try await log.download(start: 0, end: UInt64(workload.blockCount)).finished()
        meter.stop()
        await connection.close()
        let treeHash = try await finish(store, log)
        try server.finish()
        return treeHash
    }

    private func finish(_ store: Corestore, _ log: Hypercore) async throws -> String {
        let treeHash = try log.treeHash().hex
        try await store.close()
        return treeHash
    }

    private static func parse(_ announcement: String) throws -> (Endpoint, CoreKey) {
        let words = announcement.split(separator: " ")
        guard words.count == 2, let endpoint = Endpoint(words[0]) else { throw ServingProcess.Failure.noAnnouncement }
        return (endpoint, try CoreKey(text: words[1]))
    }
}
