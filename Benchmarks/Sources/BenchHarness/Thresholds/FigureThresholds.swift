/// What is committed for a figure: what it may not exceed, and what it may not fall far below.
public struct FigureThresholds: Sendable, Equatable {
    /// The counts of one run at the size ``Workload/Size/tiny``, ceilings where they are not certain.
    public var counts: Counts
    /// The efficiency at the size ``Workload/Size/small``; see ``FigureReport/steadyEfficiency``.
    public var efficiency: Double

    /// Puts thresholds together.
    public init(counts: Counts, efficiency: Double) {
        self.counts = counts
        self.efficiency = efficiency
    }

    /// What of the committed efficiency has to be reached. Medians of a busy machine lie within a few hundredths of each
    /// other by processor time; a copy or an allocation too much shows as more than that.
    public static let leastShare = 0.7
}

extension FigureThresholds {
    /// What there is to say of the counts of a run.
    public func findings(of figure: Figure, counts counted: Counts) -> [Finding] {
        CountKind.allCases.compactMap { kind in
            switch (counts[kind], counted[kind]) {
            case (nil, nil): nil
            case (nil, let counted?): .uncommitted(figure, kind, counted: counted)
            case (let committed?, nil): .uncounted(figure, kind, committed: committed)
            case (let committed?, let counted?) where counted > committed:
                .grew(figure, kind, committed: committed, counted: counted)
            case (let committed?, let counted?) where isWorthLowering(committed, to: counted, kind, figure):
                .shrank(figure, kind, committed: committed, counted: counted)
            default: nil
            }
        }
    }

    /// What there is to say of an efficiency that was measured.
    public func finding(of figure: Figure, efficiency measured: Double) -> Finding? {
        if measured < efficiency * Self.leastShare { return .slow(figure, committed: efficiency, measured: measured) }
        if measured > efficiency / Self.leastShare { return .fast(figure, committed: efficiency, measured: measured) }
        return nil
    }

    /// Whether a count is less, beyond what it differs by from run to run.
    private func isWorthLowering(_ committed: Int, to counted: Int, _ kind: CountKind, _ figure: Figure) -> Bool {
        counted + 2 * CountHeadroom(of: kind, in: figure).above(counted) < committed
    }
}
