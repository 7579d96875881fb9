import BenchHarness

extension FloorContender {
    func appendSingle(_ workload: Workload, at directory: String, _ meter: borrowing Meter) -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        var log = LogAppender(at: directory, syncs: workload.syncs)
        meter.start()
        for index in 0..<workload.blockCount { log.append(pattern.block(at: index)) }
        meter.stop()
        return log.treeHash
    }

    /// What all tasks that wait append at once is one group: one signature, one synced commit.
    func appendGroups(_ workload: Workload, at directory: String, _ meter: borrowing Meter) -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        var log = LogAppender(at: directory, syncs: workload.syncs)
        meter.start()
        for _ in 0..<workload.blockCount / workload.taskCount {
            log.append(contentsOf: (0..<workload.taskCount).map { _ in pattern.block(at: 0) })
        }
        meter.stop()
        return log.treeHash
    }

    /// A block to each core and one commit, as often as there are blocks for.
    func appendToCores(_ workload: Workload, at directory: String, _ meter: borrowing Meter) -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        let cores = CoresAppender(at: directory, count: workload.coreCount, syncs: workload.syncs)
        let blocksEach = workload.blockCount / workload.coreCount
        meter.start()
        for index in 0..<blocksEach { cores.append { pattern.block(at: $0 * blocksEach + index) } }
        meter.stop()
        var digest = ReadDigest()
        for treeHash in cores.treeHashes { digest.add(treeHash) }
        return digest.hexadecimal
    }

    func appendBatches(_ workload: Workload, at directory: String, _ meter: borrowing Meter) -> String {
        var log = LogAppender(at: directory)
        var batches = BlockBatches(workload)
        meter.start()
        while let batch = batches.next() { log.append(contentsOf: batch) }
        meter.stop()
        return log.treeHash
    }

    func appendLargeBatches(_ workload: Workload, at directory: String, _ meter: borrowing Meter) -> String {
        var log = LogAppender(at: directory)
        var batches = BlockBatches(workload)
        let hashing = BatchHashing(capacity: workload.batchLength)
        meter.start()
        while let batch = batches.next() {
            hashing.withHashes(of: batch) { log.append(contentsOf: batch, leaves: $0) }
        }
        meter.stop()
        return log.treeHash
    }
}
