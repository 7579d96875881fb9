public import BenchHarness
import Corestore
import Hypercore

/// Measures what operations cost in a store of one size, in this process.
public struct ScalingRun: Sendable {
    private let plan: ScalingPlan
    private let contender = CorestoreContender()
    private let pattern = BlockPattern(length: ScalingPlan.blockLength)

    private static let seriesCount = 5
    private static let (appendsEach, blocksAnAppend) = (4, 100)
    private static let readsEach = 10_000
    private static let openingsEach = 200

    /// Prepares to measure a store as in `plan`.
    public init(_ plan: ScalingPlan) {
        self.plan = plan
    }

    /// Fills a store in `directory` and does each operation in it, what changes it last. Hands out the costs, in
    /// microseconds.
    public func run(in directory: String, target: String) async throws -> [ScalingPoint.Operation: Double] {
        let store = try await contender.open(directory)
        let logs = try await fill(store)
        var costs: [ScalingPoint.Operation: Double] = [:]
        costs[.get] = try await costOfGet(logs)
        costs[.replicate] = try await costOfReplicating(store, logs, to: target)
        for log in logs { await log.close() }
        costs[.open] = try await costOfOpen(store)
        costs[.append] = try await costOfAppend(store)
        try await store.close()
        return costs
    }

    private func fill(_ store: Corestore) async throws -> [Hypercore] {
        let blocksEach = plan.blockCount / plan.coreCount
        let batchLength = min(1_000, blocksEach)
        var logs: [Hypercore] = []
        for core in 0..<plan.coreCount {
            let log = try await store.get(name: CoreName.ofMany(core))
            for first in stride(from: 0, to: blocksEach, by: batchLength) {
                try await log.append(contentsOf: (first..<first + batchLength).map(pattern.block(at:)))
            }
            logs.append(log)
        }
        return logs
    }

    // MARK: - Operations

    private func costOfGet(_ logs: [Hypercore]) async throws -> Double {
        try await median(of: Self.readsEach) { try await read(logs) }
    }

    /// The same blocks in each series, so that only the first maps their pages.
    private func read(_ logs: [Hypercore]) async throws {
        var random = SeededNumbers(seed: 0)
        for _ in 0..<Self.readsEach {
            let block = try await logs[random.next(below: logs.count)]
                .get(UInt64(random.next(below: plan.blockCount / plan.coreCount)))
            precondition(block.count == ScalingPlan.blockLength, "a block of \(block.count) bytes")
        }
    }

    private func costOfOpen(_ store: Corestore) async throws -> Double {
        try await median(of: Self.openingsEach) {
            var random = SeededNumbers(seed: 0)
            for _ in 0..<Self.openingsEach {
                let log = try await store.get(name: CoreName.ofMany(random.next(below: plan.coreCount)))
                await log.close()
            }
        }
    }

    private func costOfAppend(_ store: Corestore) async throws -> Double {
        var random = SeededNumbers(seed: 0)
        let blocks = (0..<Self.blocksAnAppend).map(pattern.block(at:))
        var logs: [Hypercore] = []
        for _ in 0..<Self.appendsEach {
            logs.append(try await store.get(name: CoreName.ofMany(random.next(below: plan.coreCount))))
        }
        return try await median(of: Self.appendsEach * Self.blocksAnAppend) {
            for log in logs { try await log.append(contentsOf: blocks) }
        }
    }

    /// Once: it takes as long as all the rest.
    private func costOfReplicating(_ store: Corestore, _ logs: [Hypercore], to target: String) async throws -> Double {
        let copy = try await contender.open(target)
        var copies: [Hypercore] = []
        for log in logs { copies.append(try await copy.get(key: log.key)) }
        let length = UInt64(plan.blockCount / plan.coreCount)
        let start = ContinuousClock.now
        let pipe = try StorePipe(copy, store)
        for log in copies { try await log.download(start: 0, end: length).finished() }
        let elapsed = ContinuousClock.now - start
        await pipe.cut()
        for (log, copy) in zip(logs, copies) {
            let (sent, received) = (try log.treeHash(), try copy.treeHash())
            precondition(sent == received, "a log came over as another one")
        }
        try await copy.close()
        return elapsed / .microseconds(1) / Double(plan.blockCount)
    }

    /// The cost of one of `count` operations that a series is made of. The first series is not measured: it brings in
    /// pages, and code.
    private func median(of count: Int, _ series: () async throws -> Void) async throws -> Double {
        try await series()
        var costs: [Double] = []
        for _ in 0..<Self.seriesCount {
            let start = ContinuousClock.now
            try await series()
            costs.append((ContinuousClock.now - start) / .microseconds(1) / Double(count))
        }
        return Spread(costs).median
    }
}
