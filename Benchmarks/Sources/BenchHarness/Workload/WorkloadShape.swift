/// The numbers of a workload, figure by figure.
struct WorkloadShape: Sendable, Equatable {
    /// Blocks that are appended, downloaded, or there to be read, in all cores together.
    let blockCount: Int
    /// Bytes a block.
    let blockLength: Int
    /// Blocks an append.
    let batchLength: Int
    /// Blocks that are read.
    let readCount: Int
    /// Cores that the blocks are in.
    let coreCount: Int
    /// Tasks that work at once.
    let taskCount: Int
    /// How often a core is opened in a run.
    let openingCount: Int

    /// What `figure` does at `size`.
    init(of figure: Figure, _ size: Workload.Size) {
        func pick(_ full: Int, small: Int, tiny: Int) -> Int {
            switch size {
            case .full: full
            case .small: small
            case .tiny: tiny
            }
        }
        switch figure {
        case .appendSingle: self.init(blockCount: pick(10_000, small: 2_000, tiny: 300))
        case .appendSingleFull: self.init(blockCount: pick(2_000, small: 200, tiny: 50))
        case .appendConcurrent: self.init(blockCount: pick(64_000, small: 6_400, tiny: 1_280), taskCount: 64)
        case .appendConcurrentCores:
            self.init(blockCount: pick(64_000, small: 6_400, tiny: 1_280), coreCount: 64, taskCount: 64)
        case .appendBatchSmall:
            self.init(blockCount: pick(100_000, small: 30_000, tiny: 3_000), batchLength: 1_000)
        case .appendBatchLarge:
            self.init(blockCount: pick(4_000, small: 512, tiny: 128), blockLength: 65_536, batchLength: 64)
        case .atomic: self.init(blockCount: pick(16_000, small: 1_600, tiny: 480), coreCount: 16)
        case .getRandom:
            self.init(
                blockCount: pick(100_000, small: 20_000, tiny: 3_000), batchLength: 1_000,
                readCount: pick(200_000, small: 50_000, tiny: 6_000))
        case .getRandomInFlight:
            self.init(
                blockCount: pick(100_000, small: 20_000, tiny: 3_000), batchLength: 1_000,
                readCount: pick(200_000, small: 51_200, tiny: 6_400), taskCount: 64)
        case .getCold:
            self.init(
                blockCount: pick(1_000_000, small: 100_000, tiny: 3_000), blockLength: 1_000, batchLength: 1_000,
                readCount: pick(1_000, small: 200, tiny: 100))
        case .openMany, .createMany, .openMemory:
            let count = pick(1_000, small: 500, tiny: 50)
            self.init(blockCount: count, coreCount: count)
        case .openSparse:
            self.init(
                blockCount: pick(1_000_000, small: 50_000, tiny: 20_000), batchLength: 1_000,
                openingCount: pick(500, small: 300, tiny: 50))
        case .pipeSmall, .replicateSmall:
            self.init(blockCount: pick(100_000, small: 10_000, tiny: 3_000), batchLength: 1_000)
        case .pipeLarge, .replicateLarge:
            self.init(blockCount: pick(2_000, small: 400, tiny: 100), blockLength: 65_536, batchLength: 64)
        }
    }

    private init(
        blockCount: Int, blockLength: Int = 100, batchLength: Int = 1, readCount: Int = 0, coreCount: Int = 1,
        taskCount: Int = 1, openingCount: Int = 0
    ) {
        precondition(blockCount.isMultiple(of: coreCount), "\(blockCount) blocks in \(coreCount) cores")
        self.blockCount = blockCount
        self.blockLength = blockLength
        self.batchLength = batchLength
        self.readCount = readCount
        self.coreCount = coreCount
        self.taskCount = taskCount
        self.openingCount = openingCount
    }
}
