import BenchHarness
import Corestore
import Hypercore

extension CorestoreContender {
    func createMany(_ workload: Workload, at directory: String, _ meter: borrowing Meter) async throws -> String {
        let store = try await open(directory, syncs: workload.syncs, meter.ledger)
        meter.start()
        let logs = try await fillCores(workload, in: store)
        meter.stop()
        return try await finish(store, logs)
    }

    func openMany(_ workload: Workload, from directory: String, _ meter: borrowing Meter) async throws -> String {
        meter.start()
        let store = try await open(directory, syncs: workload.syncs, meter.ledger)
        let logs = try await openCores(workload, of: store)
        meter.stop()
        return try await finish(store, logs)
    }

    /// Memory counts from after the store was opened.
    func holdOpen(_ workload: Workload, from directory: String, _ meter: borrowing Meter) async throws -> String {
        let store = try await open(directory, syncs: workload.syncs, meter.ledger)
        meter.start()
        let logs = try await openCores(workload, of: store)
        meter.stop()
        return try await finish(store, logs)
    }

    func openSparse(_ workload: Workload, from directory: String, _ meter: borrowing Meter) async throws -> String {
        let store = try await open(directory, syncs: workload.syncs, meter.ledger)
        // The first openings bring pages in, of either core.
        for name in [CoreName.short, CoreName.sparse] { try await openAndClose(name, of: store) }
        meter.start()
        for _ in 0..<workload.openingCount { try await openAndClose(CoreName.short, of: store) }
        meter.mark()
        for _ in 0..<workload.openingCount { try await openAndClose(CoreName.sparse, of: store) }
        meter.stop()
        let log = try await store.get(name: CoreName.sparse)
        let contiguousLength = log.contiguousLength
        return try await finish(store, log) + "-\(contiguousLength)"
    }

    private func openAndClose(_ name: String, of store: Corestore) async throws {
        try await store.get(name: name).close()
    }

    /// Opens the cores of a workload that has several, or makes them.
    func openCores(_ workload: Workload, of store: Corestore) async throws -> [Hypercore] {
        var logs: [Hypercore] = []
        logs.reserveCapacity(workload.coreCount)
        for core in 0..<workload.coreCount { logs.append(try await store.get(name: CoreName.ofMany(core))) }
        return logs
    }
}

// MARK: - Filling

extension CorestoreContender {
    /// Makes the cores of a workload one after the other, with one block each.
    @discardableResult
    func fillCores(_ workload: Workload, in store: Corestore) async throws -> [Hypercore] {
        let pattern = BlockPattern(length: workload.blockLength)
        var logs: [Hypercore] = []
        logs.reserveCapacity(workload.coreCount)
        for core in 0..<workload.coreCount {
            let log = try await store.get(name: CoreName.ofMany(core))
            try await log.append(pattern.block(at: core))
            logs.append(log)
        }
        return logs
    }

    /// A short core that is whole, and a long one that lacks the second block of every two.
    func fillSparse(_ workload: Workload, in store: Corestore) async throws {
        let pattern = BlockPattern(length: workload.blockLength)
        let short = try await store.get(name: CoreName.short)
        try await short.append(contentsOf: (0..<workload.batchLength).map(pattern.block(at:)))
        let sparse = try await store.get(name: CoreName.sparse)
        try await fillLog(workload, sparse)
        for first in stride(from: 0, to: workload.blockCount, by: workload.batchLength) {
            try await store.atomically { batch in
                for index in stride(from: first + 1, to: first + workload.batchLength, by: 2) {
                    try batch.clear(UInt64(index)..<UInt64(index) + 1, of: sparse)
                }
            }
        }
    }
}
