/// The sizes of stores that are measured: ever longer logs, and ever more of them.
public struct ScalingPlan: Sendable, Equatable {
    /// Blocks in the store, all cores together.
    public let blockCount: Int
    /// Cores that they are in.
    public let coreCount: Int

    /// A store of `blockCount` blocks in `coreCount` cores.
    public init(blockCount: Int, coreCount: Int) {
        precondition(blockCount.isMultiple(of: coreCount), "\(blockCount) blocks in \(coreCount) cores")
        self.blockCount = blockCount
        self.coreCount = coreCount
    }

    /// Bytes of a block.
    public static let blockLength = 100
    /// Where costs are compared with those of one log of 1,000 blocks.
    public static let leastBlockCount = 1_000
    /// How many blocks there are where it is the number of cores that grows.
    public static let blockCountOfManyCores = 100_000

    /// All stores, up to one log of `most` blocks, ten times as many each.
    public static func all(upTo most: Int) -> [ScalingPlan] {
        var plans: [ScalingPlan] = []
        var blockCount = leastBlockCount
        while blockCount <= most {
            plans.append(ScalingPlan(blockCount: blockCount, coreCount: 1))
            blockCount *= 10
        }
        guard most >= blockCountOfManyCores else { return plans }
        return plans
            + [100, 10_000].map { ScalingPlan(blockCount: blockCountOfManyCores, coreCount: $0) }
    }
}
