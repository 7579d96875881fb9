/// What a figure is to reach.
public enum Goal: Sendable, Equatable {
    /// Floor time / our time, at least.
    case efficiency(Double)
    /// The figure itself, at most, in its unit.
    case atMost(Double)
}

extension Figure {
    /// The most anonymous memory that a run of ours may hold, in millions of bytes; `nil` where that is not bounded.
    public var mostMegabytes: Double? { replicates ? 60 : nil }

    /// What the figure is to reach.
    public var goal: Goal {
        switch self {
        case .appendSingle, .appendBatchLarge, .atomic: .efficiency(0.85)
        case .appendSingleFull: .efficiency(0.9)
        case .appendConcurrent, .appendConcurrentCores, .getRandom, .pipeSmall, .replicateSmall: .efficiency(0.6)
        case .appendBatchSmall, .createMany: .efficiency(0.65)
        case .getCold: .efficiency(0.7)
        case .getRandomInFlight: .efficiency(0.5)
        case .openMany: .efficiency(0.3)
        case .pipeLarge, .replicateLarge: .efficiency(0.8)
        case .openMemory: .atMost(10_000)
        case .openSparse: .atMost(2)
        }
    }
}
