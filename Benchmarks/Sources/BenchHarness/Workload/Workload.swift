/// How much of its work a figure does in one run.
public struct Workload: Sendable, Equatable {
    /// The figure.
    public let figure: Figure
    /// How large it is.
    public let size: Size
    /// Whether every commit is synced to the disk.
    public let syncs: Bool
    private let shape: WorkloadShape

    /// The work of `figure` at `size`; synced or not as the figure is, unless `syncs` says.
    public init(_ figure: Figure, _ size: Size, syncs: Bool? = nil) {
        self.figure = figure
        self.size = size
        self.syncs = syncs ?? figure.syncs
        shape = WorkloadShape(of: figure, size)
    }

    /// How large a workload is.
    public enum Size: String, CaseIterable, Sendable {
        /// All figures within seconds: to see that they run, not to compare by.
        case tiny
        /// A tenth of a second each: what CI measures efficiencies with.
        case small
        /// What the committed figures are measured with.
        case full
    }

    /// Blocks that are appended, downloaded, or there to be read, in all cores together.
    public var blockCount: Int { shape.blockCount }
    /// Bytes a block.
    public var blockLength: Int { shape.blockLength }
    /// Blocks an append; how a store is filled where the figure is not about appending.
    public var batchLength: Int { shape.batchLength }
    /// Blocks that are read; 0 where the figure is not about reading.
    public var readCount: Int { shape.readCount }
    /// Cores that the blocks are in, as many in each.
    public var coreCount: Int { shape.coreCount }
    /// Tasks that work at once.
    public var taskCount: Int { shape.taskCount }
    /// How often a core is opened where one opening is too short to be timed; 0 where the figure is not about that.
    public var openingCount: Int { shape.openingCount }
}

// MARK: - What a run amounts to

extension Workload {
    /// The rate of a run of a figure that is one, in its unit.
    public func rate(of sample: Sample) -> Double { rate(seconds: sample.elapsed.seconds) }

    func rate(seconds: Double) -> Double {
        let work =
            switch figure.unit {
            case .appends, .blocks: Double(blockCount)
            case .gets: Double(readCount)
            case .cores: Double(coreCount)
            case .batches: Double(blockCount / coreCount)
            case .megabytes: Double(blockCount) * Double(blockLength) / 1e6
            case .bytesPerCore, .ratio: preconditionFailure("\(figure.rawValue) is no rate")
            }
        return work / seconds
    }

    /// What the figure is in one run, in its unit.
    func value(of sample: Sample) -> Double {
        switch figure.unit {
        case .appends, .blocks, .gets, .cores, .batches, .megabytes:
            return rate(of: sample)
        case .bytesPerCore:
            guard let growth = sample.growth else {
                preconditionFailure(
                    "\(figure.rawValue) is measured only where the system tells what memory a process has")
            }
            // A page at least: that a process gave memory back meanwhile makes no core free.
            return Double(max(growth, 4_096)) / Double(coreCount)
        case .ratio:
            guard let reference = sample.reference else {
                preconditionFailure("\(figure.rawValue) did not mark where the part ends that it is compared with")
            }
            return sample.elapsed / reference
        }
    }

    /// How near `ours` comes to `floor`: floor time by our time of a rate, else what the floor needs by what we need.
    func efficiency(floor: Sample, ours: Sample) -> Double {
        figure.unit.isBetterWhenLess
            ? value(of: floor) / value(of: ours) : floor.elapsed.seconds / ours.elapsed.seconds
    }
}
