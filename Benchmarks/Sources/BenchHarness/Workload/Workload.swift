/// How much of its work a figure does in one run.
public struct Workload: Sendable, Equatable {
    /// The figure.
    public let figure: Figure
    /// How large it is.
    public let size: Size
    /// Blocks that are appended, downloaded, or there to be read.
    public let blockCount: Int
    /// Bytes a block.
    public let blockLength: Int
    /// Blocks an append; how a store is filled where the figure is not about appending.
    public let batchLength: Int
    /// Blocks that are read; 0 where the figure is not about reading.
    public let readCount: Int

    /// The work of `figure` at `size`.
    public init(_ figure: Figure, _ size: Size) {
        self.figure = figure
        self.size = size
        let full = size == .full
        switch figure {
        case .appendSingle:
            (blockCount, blockLength, batchLength, readCount) = (full ? 10_000 : 300, 100, 1, 0)
        case .appendBatchSmall:
            (blockCount, blockLength, batchLength, readCount) = (full ? 100_000 : 3_000, 100, 1_000, 0)
        case .appendBatchLarge:
            (blockCount, blockLength, batchLength, readCount) = (full ? 4_000 : 128, 65_536, 64, 0)
        case .getRandom:
            (blockCount, blockLength, batchLength, readCount) =
                (full ? 100_000 : 3_000, 100, 1_000, full ? 200_000 : 6_000)
        case .replicateSmall:
            (blockCount, blockLength, batchLength, readCount) = (full ? 100_000 : 3_000, 100, 1_000, 0)
        case .replicateLarge:
            (blockCount, blockLength, batchLength, readCount) = (full ? 2_000 : 100, 65_536, 64, 0)
        }
    }

    /// How large a workload is.
    public enum Size: String, CaseIterable, Sendable {
        /// All figures within seconds: to see that they run, not to compare by.
        case tiny
        /// What the committed figures are measured with.
        case full
    }

    /// The rate of a run that took `seconds`, in the figure's unit.
    public func rate(seconds: Double) -> Double {
        let work =
            switch figure.unit {
            case .appends, .blocks: Double(blockCount)
            case .gets: Double(readCount)
            case .megabytes: Double(blockCount) * Double(blockLength) / 1e6
            }
        return work / seconds
    }
}
