public import BenchHarness

/// The floor of every figure. FLOORS.md says what each of them does, and why it can do no less.
public struct FloorContender: Contender {
    /// Creates the contender.
    public init() {}

    public func fill(_ workload: Workload, at directory: String) async throws {
        var log = LogAppender(at: directory)
        var batches = BlockBatches(workload)
        while let batch = batches.next() { log.append(contentsOf: batch) }
    }

    public func run(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) async throws -> String {
        switch workload.figure {
        case .appendSingle: appendSingle(workload, at: place.scratch, meter)
        case .appendBatchSmall: appendBatches(workload, at: place.scratch, meter)
        case .appendBatchLarge: appendLargeBatches(workload, at: place.scratch, meter)
        case .getRandom: getRandom(workload, from: place.requiredSource, meter)
        case .replicateSmall, .replicateLarge: try download(workload, in: place, meter)
        }
    }

    public func serve(
        _ workload: Workload, from directory: String, announce: (String) throws -> Void
    ) async throws {
        let (listener, port) = try Loopback.listen()
        try announce(String(port))
        let connection = try Loopback.accept(listener)
        try LogSender(at: directory, blockLength: workload.blockLength, over: connection).run()
    }
}

// MARK: - The figures

extension FloorContender {
    private func appendSingle(_ workload: Workload, at directory: String, _ meter: borrowing Meter) -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        var log = LogAppender(at: directory)
        meter.start()
        for index in 0..<workload.blockCount { log.append(pattern.block(at: index)) }
        meter.stop()
        return log.treeHash
    }

    private func appendBatches(_ workload: Workload, at directory: String, _ meter: borrowing Meter) -> String {
        var log = LogAppender(at: directory)
        var batches = BlockBatches(workload)
        meter.start()
        while let batch = batches.next() { log.append(contentsOf: batch) }
        meter.stop()
        return log.treeHash
    }

    private func appendLargeBatches(_ workload: Workload, at directory: String, _ meter: borrowing Meter) -> String {
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

    private func getRandom(_ workload: Workload, from directory: String, _ meter: borrowing Meter) -> String {
        let log = LogReader(at: directory)
        var indices = SeededNumbers(seed: ReadDigest.indexSeed)
        var digest = ReadDigest()
        meter.start()
        for _ in 0..<workload.readCount {
            digest.add(log.block(at: indices.next(below: workload.blockCount)))
        }
        meter.stop()
        return digest.hexadecimal
    }

    private func download(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) throws -> String {
        let server = try ServingProcess(.floor, workload, from: place.requiredSource)
        guard let port = UInt16(server.announcement) else { throw ServingProcess.Failure.noAnnouncement }
        meter.start()
        let connection = try Loopback.connect(port: port)
        var log = LogReceiver(at: place.scratch, blockLength: workload.blockLength, over: connection)
        let treeHash = try log.run(blockCount: workload.blockCount)
        meter.stop()
        try server.finish()
        return treeHash
    }
}
