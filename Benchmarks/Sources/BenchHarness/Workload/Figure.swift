/// A figure of the benchmark: a workload with a name that reports and thresholds go by.
public enum Figure: String, CaseIterable, Sendable {
    /// Awaited appends, one block of 100 B each, relaxed durability.
    case appendSingle = "append-single-100B"
    /// Awaited appends of 1,000 blocks of 100 B at a time.
    case appendBatchSmall = "append-batch-100Bx1000"
    /// Awaited appends of 64 blocks of 64 KiB at a time.
    case appendBatchLarge = "append-batch-64KiBx64"
    /// Awaited gets of random blocks of 100 B, one after the other.
    case getRandom = "get-random-seq"
    /// Blocks of 100 B, downloaded into an empty store from another process over loopback TCP.
    case replicateSmall = "repl-tcp-100b"
    /// The same with blocks of 64 KiB.
    case replicateLarge = "repl-tcp-64k"
}

extension Figure {
    /// What the figure counts.
    public var unit: Unit {
        switch self {
        case .appendSingle: .appends
        case .appendBatchSmall, .replicateSmall: .blocks
        case .appendBatchLarge, .replicateLarge: .megabytes
        case .getRandom: .gets
        }
    }

    /// Whether a run begins with a store that was filled before.
    public var needsFilledStore: Bool { self == .getRandom || replicates }

    /// Whether a run takes a second process, which serves the filled store.
    public var replicates: Bool { self == .replicateSmall || self == .replicateLarge }
}

/// What a figure counts, per second. More is better in all of them.
public enum Unit: String, Sendable {
    case appends = "appends/s"
    case blocks = "blocks/s"
    case gets = "gets/s"
    /// Millions of bytes of blocks.
    case megabytes = "MB/s"
}
