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
        let full = size == .full
        switch figure {
        case .appendSingle: self.init(blockCount: full ? 10_000 : 300)
        case .appendSingleFull: self.init(blockCount: full ? 2_000 : 50)
        case .appendConcurrent: self.init(blockCount: full ? 64_000 : 1_280, taskCount: 64)
        case .appendConcurrentCores: self.init(blockCount: full ? 64_000 : 1_280, coreCount: 64, taskCount: 64)
        case .appendBatchSmall: self.init(blockCount: full ? 100_000 : 3_000, batchLength: 1_000)
        case .appendBatchLarge: self.init(blockCount: full ? 4_000 : 128, blockLength: 65_536, batchLength: 64)
        case .atomic: self.init(blockCount: full ? 16_000 : 480, coreCount: 16)
        case .getRandom:
            self.init(blockCount: full ? 100_000 : 3_000, batchLength: 1_000, readCount: full ? 200_000 : 6_000)
        case .getRandomInFlight:
            self.init(
                blockCount: full ? 100_000 : 3_000, batchLength: 1_000, readCount: full ? 200_000 : 6_400,
                taskCount: 64)
        case .openMany, .createMany, .openMemory:
            self.init(blockCount: full ? 1_000 : 50, coreCount: full ? 1_000 : 50)
        case .openSparse:
            self.init(blockCount: full ? 1_000_000 : 20_000, batchLength: 1_000, openingCount: full ? 500 : 50)
        case .pipeSmall, .replicateSmall: self.init(blockCount: full ? 100_000 : 3_000, batchLength: 1_000)
        case .pipeLarge, .replicateLarge:
            self.init(blockCount: full ? 2_000 : 100, blockLength: 65_536, batchLength: 64)
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
