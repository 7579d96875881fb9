/// A figure of the benchmark: a workload with a name that reports and thresholds go by.
public enum Figure: String, CaseIterable, Sendable {
    /// Awaited appends, one block of 100 B each, relaxed durability.
    case appendSingle = "append-single-100B"
    /// The same, each of them synced to the disk.
    case appendSingleFull = "append-single-100B-full"
    /// Awaited appends of one block by 64 tasks to one core, synced.
    case appendConcurrent = "append-concurrent-64-full"
    /// The same, each task to a core of its own.
    case appendConcurrentCores = "append-concurrent-64-full-64cores"
    /// Awaited appends of 1,000 blocks of 100 B at a time.
    case appendBatchSmall = "append-batch-100Bx1000"
    /// Awaited appends of 64 blocks of 64 KiB at a time.
    case appendBatchLarge = "append-batch-64KiBx64"
    /// Atomic batches of one block to each of 16 cores.
    case atomic = "atomic-16cores"
    /// Awaited gets of random blocks of 100 B, one after the other.
    case getRandom = "get-random-seq"
    /// The same by 64 tasks.
    case getRandomInFlight = "get-random-64inflight"
    /// The same in a store that is far larger than what may be cached of it.
    case getCold = "get-cold"
    /// Opening a store and each of its named cores, one after the other.
    case openMany = "open-1000-seq"
    /// Making named cores, and appending a block to each.
    case createMany = "create-1000-seq+append"
    /// Memory for each of the cores that are open and idle.
    case openMemory = "rss-1000-cores-open"
    /// Opening a long core that lacks every other block, against a short one that is whole.
    case openSparse = "open-1M-sparse"
    /// Blocks of 100 B, downloaded into an empty store of the same process over a pipe in memory.
    case pipeSmall = "repl-pipe-100b"
    /// The same with blocks of 64 KiB.
    case pipeLarge = "repl-pipe-64k"
    /// Blocks of 100 B, downloaded into an empty store from another process over loopback TCP.
    case replicateSmall = "repl-tcp-100b"
    /// The same with blocks of 64 KiB.
    case replicateLarge = "repl-tcp-64k"
}

extension Figure {
    /// What the figure counts.
    public var unit: Unit {
        switch self {
        case .appendSingle, .appendSingleFull, .appendConcurrent, .appendConcurrentCores: .appends
        case .appendBatchSmall, .pipeSmall, .replicateSmall: .blocks
        case .appendBatchLarge, .pipeLarge, .replicateLarge: .megabytes
        case .atomic: .batches
        case .getRandom, .getRandomInFlight, .getCold: .gets
        case .openMany, .createMany: .cores
        case .openMemory: .bytesPerCore
        case .openSparse: .ratio
        }
    }

    /// Whether a run begins with a store that was filled before.
    public var needsFilledStore: Bool {
        switch self {
        case .getRandom, .getRandomInFlight, .getCold, .openMany, .openMemory, .openSparse, .pipeSmall, .pipeLarge,
            .replicateSmall, .replicateLarge:
            true
        case .appendSingle, .appendSingleFull, .appendConcurrent, .appendConcurrentCores, .appendBatchSmall,
            .appendBatchLarge, .atomic, .createMany:
            false
        }
    }

    /// The figures that this system can be measured by: where the kernel does not let go of cached files, none is cold.
    public static let measurable = allCases.filter { $0 != .getCold || PageCache.canBeDropped }

    /// Whether every commit is synced to the disk.
    var syncs: Bool {
        switch self {
        case .appendSingleFull, .appendConcurrent, .appendConcurrentCores: true
        default: false
        }
    }

    /// Whether a run takes a second process, which serves the filled store.
    public var replicates: Bool { self == .replicateSmall || self == .replicateLarge }
}
