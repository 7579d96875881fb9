import BenchHarness
import Corestore
import Hypercore

extension CorestoreContender {
    func appendSingle(_ workload: Workload, at directory: String, _ meter: borrowing Meter) async throws -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        let store = try await open(directory, syncs: workload.syncs, meter.ledger)
        let log = try await store.get(name: Self.coreName)
        meter.start()
        for index in 0..<workload.blockCount { try await log.append(pattern.block(at: index)) }
        meter.stop()
        return try await finish(store, log)
    }

    /// All blocks are alike, so that the tree is the same in whatever order the tasks come.
    func appendConcurrently(
        _ workload: Workload, at directory: String, _ meter: borrowing Meter
    ) async throws -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        let store = try await open(directory, syncs: workload.syncs, meter.ledger)
        let log = try await store.get(name: Self.coreName)
        let blocksEach = workload.blockCount / workload.taskCount
        meter.start()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<workload.taskCount {
                tasks.addTask {
                    for _ in 0..<blocksEach { try await log.append(pattern.block(at: 0)) }
                }
            }
            try await tasks.waitForAll()
        }
        meter.stop()
        return try await finish(store, log)
    }

    func appendConcurrentlyToCores(
        _ workload: Workload, at directory: String, _ meter: borrowing Meter
    ) async throws -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        let store = try await open(directory, syncs: workload.syncs, meter.ledger)
        let logs = try await openCores(workload, of: store)
        let blocksEach = workload.blockCount / workload.coreCount
        meter.start()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (number, log) in logs.enumerated() {
                tasks.addTask {
                    for index in 0..<blocksEach { try await log.append(pattern.block(at: number * blocksEach + index)) }
                }
            }
            try await tasks.waitForAll()
        }
        meter.stop()
        return try await finish(store, logs)
    }

    func appendAtomically(
        _ workload: Workload, at directory: String, _ meter: borrowing Meter
    ) async throws -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        let store = try await open(directory, syncs: workload.syncs, meter.ledger)
        let logs = try await openCores(workload, of: store)
        let blocksEach = workload.blockCount / workload.coreCount
        meter.start()
        for index in 0..<blocksEach {
            try await store.atomically { batch in
                for (number, log) in logs.enumerated() {
                    try batch.append(pattern.block(at: number * blocksEach + index), to: log)
                }
            }
        }
        meter.stop()
        return try await finish(store, logs)
    }

    func appendBatches(_ workload: Workload, at directory: String, _ meter: borrowing Meter) async throws -> String {
        let store = try await open(directory, syncs: workload.syncs, meter.ledger)
        let log = try await store.get(name: Self.coreName)
        var batches = BlockBatches(workload)
        meter.start()
        while let batch = batches.next() { try await log.append(contentsOf: batch) }
        meter.stop()
        return try await finish(store, log)
    }
}
