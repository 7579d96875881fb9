/// The report of a full run for people who were not there: tables and charts, the same for the same results.
public struct MarkdownReport: Sendable {
    private let results: [FigureResult]
    private let machine: String
    private let scaling: ScalingReport?
    private let keepAlive: KeepAliveReport?

    /// A report of `results`, in the order of ``Figure``, and of what else was measured. `machine` says in a few words
    /// what on.
    public init(
        _ results: [FigureResult], scaling: ScalingReport? = nil, keepAlive: KeepAliveReport? = nil, machine: String
    ) {
        self.scaling = scaling
        self.keepAlive = keepAlive
        let order = Figure.allCases
        self.results = results.sorted {
            (order.firstIndex(of: $0.figure) ?? 0) < (order.firstIndex(of: $1.figure) ?? 0)
        }
        self.machine = machine
    }

    /// The bar chart, `efficiency.svg`.
    public var chart: String { EfficiencyChart(results).rendered() }

    /// The text, `report.md`, which shows the chart beside it.
    public var text: String {
        """
        # Figures

        Measured on \(machine).
        What each figure does is in [README.md](../README.md), what its floor does in [FLOORS.md](../FLOORS.md); this file is
        written by `corestore-bench report`.

        ![Efficiency of each figure against its floor](efficiency.svg)

        | figure | unit | ours | min … max | floor | efficiency | to reach | by CPU | memory MB |
        |---|---|--:|--:|--:|--:|--:|--:|--:|
        \(results.map(row).joined(separator: "\n"))

        Medians of \(runs), in turns with those of the floor. Efficiency is floor time / our time, 1 being as fast as the
        bare calls; of what has a ↓ less is better, and efficiency is what the floor came to by what we came to. Memory is
        the highest `RssAnon`. **Bold** is what is not reached.
        \(sections)
        """
    }

    private var sections: String {
        [scaling?.text, keepAlive?.text].compactMap(\.self).map { "\n" + $0 }.joined()
    }

    private func row(_ result: FigureResult) -> String {
        let unit = result.figure.unit
        func value(_ value: Double) -> String { unit == .ratio ? Table.hundredths(value) : Table.grouped(value) }
        let isReached = result.isFastEnough
        let (goal, efficiency, median): (String, String, String) =
            switch result.figure.goal {
            case .efficiency(let goal):
                (
                    Table.hundredths(goal), emphasised(Table.hundredths(result.efficiency), !isReached),
                    value(result.ours.median)
                )
            case .atMost(let most):
                (
                    "≤ \(value(most))", Table.hundredths(result.efficiency),
                    emphasised(value(result.ours.median), !isReached)
                )
            }
        let cells = [
            "`\(result.figure.rawValue)`", unit.isBetterWhenLess ? "\(unit.rawValue) ↓" : unit.rawValue, median,
            "\(value(result.ours.minimum)) … \(value(result.ours.maximum))", value(result.floor), efficiency, goal,
            Table.hundredths(result.processorEfficiency), memory(result),
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }

    private func memory(_ result: FigureResult) -> String {
        guard let peak = result.peakMegabytes else { return "–" }
        let most = result.figure.mostMegabytes.map { " (≤ \(Table.grouped($0)))" } ?? ""
        return emphasised(Table.tenths(peak), !result.isSmallEnough) + most
    }

    private func emphasised(_ text: String, _ isEmphasised: Bool) -> String { isEmphasised ? "**\(text)**" : text }

    private var runs: String {
        let counts = Set(results.map(\.runCount)).sorted()
        return switch counts.count {
        case 0: "no runs"
        case 1: counts[0] == 1 ? "one run each" : "\(counts[0]) runs each"
        default: "\(counts[0]) to \(counts[counts.count - 1]) runs each"
        }
    }
}
