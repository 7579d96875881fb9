/// How costs grow with the size of the store: a table, a chart, and whether they grow as the tree of the storage does.
public struct ScalingReport: Sendable {
    private let points: [ScalingPoint]

    /// A report of `points`, in any order.
    public init(_ points: [ScalingPoint]) {
        self.points = points.sorted { ($0.coreCount, $0.blockCount) < ($1.coreCount, $1.blockCount) }
    }

    /// How much more than the depth of the tree a cost may have grown: caches of the processor hold less of a store of
    /// 100 MB than of one of 100 kB, whatever the depth.
    public static let allowance = 1.5

    /// The growth of a cost that is more than it may be.
    public struct Excess: Sendable, Equatable, CustomStringConvertible {
        /// Where.
        public let point: ScalingPoint
        /// How many times the cost in the smallest store.
        public let growth: Double
        /// How many times it may be.
        public let most: Double

        public var description: String {
            """
            \(point.operation.rawValue) costs \(Table.hundredths(growth)) times as much at \
            \(Table.grouped(Double(point.blockCount))) blocks in \(Table.grouped(Double(point.coreCount))) cores as at \
            the fewest: expected at most \(Table.hundredths(most))
            """
        }
    }

    /// Where a cost of one log grows more than the depth of the tree.
    public var excesses: [Excess] {
        logs.compactMap { point in
            guard let base = base(of: point) else { return nil }
            let growth = point.microseconds / base.microseconds
            let most = Self.allowance * Double(point.depth) / Double(base.depth)
            return growth > most ? Excess(point: point, growth: growth, most: most) : nil
        }
    }

    /// The line chart, `scaling.svg`.
    public var chart: String { ScalingChart(logs).rendered() }

    /// The section of the report.
    public var text: String {
        """
        ## Scaling

        What a block costs in a store that grows, in µs: appended (100 at a time), read at random, and downloaded over a
        pipe; and what opening a core costs. \(verdict)

        ![Growth of costs with the number of blocks](scaling.svg)

        | blocks | cores | depth | \(ScalingPoint.Operation.allCases.map(\.rawValue).joined(separator: " | ")) |
        |--:|--:|--:|\(ScalingPoint.Operation.allCases.map { _ in "--:|" }.joined())
        \(rows.joined(separator: "\n"))

        """
    }

    private var verdict: String {
        let most = Table.tenths(Self.allowance)
        return excesses.isEmpty
            ? "No cost grows by more than \(most) times what the depth of LMDB's tree grows by."
            : "Some grow by more than \(most) times what the depth of LMDB's tree grows by: "
                + excesses.map(\.description).joined(separator: "; ") + "."
    }

    private var rows: [String] {
        var rows: [String] = []
        for point in points where point.operation == .append {
            let costs = ScalingPoint.Operation.allCases.map { operation in
                points.first {
                    ($0.operation, $0.blockCount, $0.coreCount) == (operation, point.blockCount, point.coreCount)
                }.map { Table.hundredths($0.microseconds) } ?? "–"
            }
            let cells =
                [Table.grouped(Double(point.blockCount)), Table.grouped(Double(point.coreCount)), "\(point.depth)"]
                + costs
            rows.append("| \(cells.joined(separator: " | ")) |")
        }
        return rows
    }

    /// The points of stores of one core.
    private var logs: [ScalingPoint] { points.filter { $0.coreCount == 1 } }

    private func base(of point: ScalingPoint) -> ScalingPoint? { logs.first { $0.operation == point.operation } }
}
