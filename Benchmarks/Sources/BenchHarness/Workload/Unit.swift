/// What a figure counts.
public enum Unit: String, Sendable {
    case appends = "appends/s"
    case blocks = "blocks/s"
    case gets = "gets/s"
    case cores = "cores/s"
    case batches = "batches/s"
    /// Millions of bytes of blocks.
    case megabytes = "MB/s"
    /// Anonymous memory that an open core holds.
    case bytesPerCore = "B/core"
    /// How many times as long one thing takes as another.
    case ratio = "ratio"

    /// Whether less is better: of memory and ratios. More is, of rates.
    public var isBetterWhenLess: Bool { self == .bytesPerCore || self == .ratio }
}
