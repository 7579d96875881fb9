public import BenchHarness

/// The floor of every figure. FLOORS.md says what each of them does, and why it can do no less.
public struct FloorContender: Contender {
    /// Creates the contender.
    public init() {}

    public func fill(_ workload: Workload, at directory: String) async throws {
        switch workload.figure {
        case .openMany, .openMemory: fillCores(workload, at: directory)
        case .openSparse: fillSparse(workload, at: directory)
        default: fillLog(workload, at: directory)
        }
    }

    public func run(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) async throws -> String {
        switch workload.figure {
        case .appendSingle, .appendSingleFull: appendSingle(workload, at: place.scratch, meter)
        case .appendConcurrent: appendGroups(workload, at: place.scratch, meter)
        case .appendConcurrentCores, .atomic: appendToCores(workload, at: place.scratch, meter)
        case .appendBatchSmall: appendBatches(workload, at: place.scratch, meter)
        case .appendBatchLarge: appendLargeBatches(workload, at: place.scratch, meter)
        case .getRandom: getRandom(workload, from: place.requiredSource, meter)
        case .getCold: try getCold(workload, from: place.requiredSource, meter)
        case .getRandomInFlight: getRandomOnTwoThreads(workload, from: place.requiredSource, meter)
        case .openMany: openMany(workload, from: place.requiredSource, meter)
        case .createMany: createMany(workload, at: place.scratch, meter)
        case .openMemory: holdOpen(workload, from: place.requiredSource, meter)
        case .openSparse: openSparse(workload, from: place.requiredSource, meter)
        case .pipeSmall, .pipeLarge: pipe(workload, in: place, meter)
        case .replicateSmall, .replicateLarge: try download(workload, in: place, meter)
        }
    }

    public func serve(
        _ workload: Workload, from directory: String, announce: (String) throws -> Void
    ) async throws {
        let (listener, port) = try Loopback.listen()
        try announce(String(port))
        let connection = try Loopback.accept(listener)
        var sender = LogSender(at: directory, blockLength: workload.blockLength, over: connection)
        try sender.run()
    }

    private func fillLog(_ workload: Workload, at directory: String) {
        var log = LogAppender(at: directory)
        var batches = BlockBatches(workload)
        while let batch = batches.next() { log.append(contentsOf: batch) }
    }
}
