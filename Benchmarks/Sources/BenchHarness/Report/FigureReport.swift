/// A figure as measured: both sides, run by run in turn.
public struct FigureReport: Sendable {
    /// The work that was done in each run.
    public let workload: Workload
    /// What swift-corestore came to: rates, or amounts of which less is better (``Unit/isBetterWhenLess``), in the
    /// figure's unit.
    public let ours: Spread
    /// What the floor came to, in the figure's unit.
    public let floor: Spread
    /// Floor time / our time: 1 is as fast as the floor, a half takes twice as long. Where less is better, what the
    /// floor came to / what we came to.
    ///
    /// The median over the pairs of runs, each of a floor and of ours that ran next to it: the machine's speed drifts
    /// over a series, but hardly between two neighbours.
    public let efficiency: Double
    /// The same of processor time, all threads together: what is left of the efficiency when other programs compete for
    /// the cores. More than ``efficiency`` where ours waits, less where it keeps a second core busy.
    public let processorEfficiency: Double
    /// How many runs each side had.
    public let runCount: Int
    /// The most memory that any run of ours held; `nil` on a system that does not tell.
    public let ourPeak: ResidentMemory?
    /// The most memory that any run of the floor held; `nil` on a system that does not tell.
    public let floorPeak: ResidentMemory?
    /// What all runs came to.
    public let resultHash: String

    /// Summarises pairs of runs.
    ///
    /// - Throws: ``ResultMismatch`` where not all runs did the same work.
    public init(_ workload: Workload, _ pairs: [(floor: Sample, ours: Sample)]) throws(ResultMismatch) {
        precondition(!pairs.isEmpty, "\(workload.figure.rawValue) was not run")
        let hash = pairs[0].floor.resultHash
        for sample in pairs.flatMap({ [$0.floor, $0.ours] }) where sample.resultHash != hash {
            throw ResultMismatch(figure: workload.figure, expected: hash, found: sample.resultHash)
        }
        self.workload = workload
        ours = Spread(pairs.map { workload.value(of: $0.ours) })
        floor = Spread(pairs.map { workload.value(of: $0.floor) })
        efficiency = Spread(pairs.map { workload.efficiency(floor: $0.floor, ours: $0.ours) }).median
        processorEfficiency =
            Spread(pairs.map { $0.floor.processorTime.seconds / $0.ours.processorTime.seconds }).median
        runCount = pairs.count
        ourPeak = Self.peak(pairs.map(\.ours))
        floorPeak = Self.peak(pairs.map(\.floor))
        resultHash = hash
    }

    /// The efficiency that is held to what is committed: by processor time where there is a rate, because other programs
    /// disturb it least and a test machine has some; as measured where less is better, because time has no part in that or
    /// stands on both sides of the ratio.
    public var steadyEfficiency: Double {
        workload.figure.unit.isBetterWhenLess ? efficiency : processorEfficiency
    }

    private static func peak(_ samples: [Sample]) -> ResidentMemory? {
        samples.compactMap(\.peak).reduce(nil) { peak, memory in
            var higher = peak ?? memory
            higher.raise(to: memory)
            return higher
        }
    }
}

/// Two runs of one figure came to different results: one of them did not do the work, and nothing that was measured
/// counts.
public struct ResultMismatch: Error, CustomStringConvertible {
    /// The figure.
    public let figure: Figure
    /// What the first run, one of the floor, came to.
    public let expected: String
    /// What another run came to.
    public let found: String

    public var description: String {
        "\(figure.rawValue): a run came to \(found) where the floor came to \(expected); it did other work"
    }
}
