/// The reports as a table for people, line by line as they come.
public enum Table {
    private static let columns: [(title: String, width: Int)] = [
        ("figure", -33), ("unit", -9), ("median", 9), ("min … max", 19), ("floor", 9), ("min … max", 19),
        ("efficiency", 10), ("by CPU", 6), ("memory MB", 9), ("mapped MB", 9),
    ]

    /// The heading, with a rule below it.
    public static let heading: String =
        row(columns.map(\.title)) + "\n" + row(columns.map { String(repeating: "─", count: abs($0.width)) })

    /// One figure's line. Memory is ours.
    public static func row(_ report: FigureReport) -> String {
        let unit = report.workload.figure.unit
        return row([
            report.workload.figure.rawValue,
            title(unit),
            value(report.ours.median, unit),
            range(report.ours, unit),
            value(report.floor.median, unit),
            range(report.floor, unit),
            hundredths(report.efficiency),
            hundredths(report.processorEfficiency),
            megabytes(report.ourPeak?.anonymous),
            megabytes(report.ourPeak?.mapped),
        ])
    }

    private static func row(_ cells: [String]) -> String {
        zip(cells, columns).map { cell, column in padded(cell, to: column.width) }.joined(separator: "  ")
    }

    /// Pads to the right where `width` is negative, else to the left.
    static func padded(_ text: String, to width: Int) -> String {
        let padding = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? text + padding : padding + text
    }

    /// The unit, with an arrow down where less is better.
    private static func title(_ unit: Unit) -> String { unit.isBetterWhenLess ? "\(unit.rawValue) ↓" : unit.rawValue }

    private static func range(_ spread: Spread, _ unit: Unit) -> String {
        "\(value(spread.minimum, unit)) … \(value(spread.maximum, unit))"
    }

    private static func value(_ value: Double, _ unit: Unit) -> String {
        unit == .ratio ? hundredths(value) : grouped(value)
    }

    private static func megabytes(_ bytes: Int?) -> String {
        bytes.map { tenths(Double($0) / 1e6) } ?? "–"
    }

    /// A rate without a fraction, its thousands apart: 12,345.
    public static func grouped(_ value: Double) -> String {
        var digits = String(Int(value.rounded()))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }

    /// A number with one decimal.
    public static func tenths(_ value: Double) -> String {
        let scaled = Int((value * 10).rounded())
        return "\(scaled / 10).\(scaled % 10)"
    }

    /// A number with two decimals.
    public static func hundredths(_ value: Double) -> String {
        let scaled = Int((value * 100).rounded())
        return "\(scaled / 100).\(scaled % 100 < 10 ? "0" : "")\(scaled % 100)"
    }
}
