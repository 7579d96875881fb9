import BenchHarness
import Corestore
import Hypercore

extension CorestoreContender {
    func getRandom(_ workload: Workload, from directory: String, _ meter: borrowing Meter) async throws -> String {
        let store = try await open(directory, meter.ledger)
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

    func getCold(_ workload: Workload, from directory: String, _ meter: borrowing Meter) async throws -> String {
        let cold = try ColdStore(at: directory, workload)
        let digest = try await getRandom(workload, from: directory, meter)
        cold.end()
        return digest
    }

    func getRandomInFlight(
        _ workload: Workload, from directory: String, _ meter: borrowing Meter
    ) async throws -> String {
        let store = try await open(directory, meter.ledger)
        let log = try await store.get(name: Self.coreName)
        meter.start()
        let digests = try await withThrowingTaskGroup(of: (Int, ReadDigest).self) { tasks in
            for task in 0..<workload.taskCount {
                tasks.addTask { (task, try await reads(ofTask: task, workload, log)) }
            }
            var digests = Array(repeating: ReadDigest(), count: workload.taskCount)
            for try await (task, digest) in tasks { digests[task] = digest }
            return digests
        }
        meter.stop()
        try await store.close()
        return ReadDigest.combined(digests).hexadecimal
    }

    private func reads(ofTask task: Int, _ workload: Workload, _ log: Hypercore) async throws -> ReadDigest {
        var indices = SeededNumbers(seed: ReadDigest.indexSeed(ofTask: task))
        var digest = ReadDigest()
        for _ in 0..<workload.readCount / workload.taskCount {
            digest.add(try await log.get(UInt64(indices.next(below: workload.blockCount))))
        }
        return digest
    }
}
