import BenchHarness
import Synchronization

extension FloorContender {
    func getRandom(_ workload: Workload, from directory: String, _ meter: borrowing Meter) -> String {
        readRandom(workload, LogReader(at: directory), meter)
    }

    /// Nothing is read ahead: what lies beside a random block is not read either.
    func getCold(_ workload: Workload, from directory: String, _ meter: borrowing Meter) throws -> String {
        let cold = try ColdStore(at: directory, workload)
        let digest = readRandom(workload, LogReader(FloorStore(at: directory, readsAhead: false)), meter)
        cold.end()
        return digest
    }

    private func readRandom(_ workload: Workload, _ log: borrowing LogReader, _ meter: borrowing Meter) -> String {
        var indices = SeededNumbers(seed: ReadDigest.indexSeed)
        var digest = ReadDigest()
        meter.start()
        for _ in 0..<workload.readCount {
            digest.add(log.block(at: indices.next(below: workload.blockCount)))
        }
        meter.stop()
        return digest.hexadecimal
    }

    /// The reads of every other task on a second thread, those of the rest on this one.
    func getRandomOnTwoThreads(_ workload: Workload, from directory: String, _ meter: borrowing Meter) -> String {
        let reads = TaskReads(workload, FloorStore(at: directory))
        meter.start()
        let helper = PosixThread { reads.run(first: 1) }
        reads.run(first: 0)
        helper.join()
        meter.stop()
        return ReadDigest.combined(reads.digests).hexadecimal
    }

    private final class TaskReads: Sendable {
        private let workload: Workload
        private let store: FloorStore
        private let results: Mutex<[ReadDigest]>

        init(_ workload: Workload, _ store: FloorStore) {
            self.workload = workload
            self.store = store
            results = Mutex(Array(repeating: ReadDigest(), count: workload.taskCount))
        }

        var digests: [ReadDigest] { results.withLock { $0 } }

        /// Does the reads of every other task, from `first` on.
        func run(first: Int) {
            let log = LogReader(store)
            for task in stride(from: first, to: workload.taskCount, by: 2) {
                var indices = SeededNumbers(seed: ReadDigest.indexSeed(ofTask: task))
                var digest = ReadDigest()
                for _ in 0..<workload.readCount / workload.taskCount {
                    digest.add(log.block(at: indices.next(below: workload.blockCount)))
                }
                results.withLock { $0[task] = digest }
            }
        }
    }
}
