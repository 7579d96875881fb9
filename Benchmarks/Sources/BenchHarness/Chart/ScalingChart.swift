/// How costs grow with the length of a log: a line for each operation, and one for the depth of the tree.
///
/// Each line is the cost by that in the shortest log, so all begin at 1; the number of blocks grows by tens.
struct ScalingChart {
    private static let (width, height) = (760.0, 360.0)
    private static let (left, right, top, bottom) = (56.0, 150.0, 46.0, 310.0)
    private static let roles: [SVG.Role] = [.first, .second, .third, .fourth]

    /// A line: its name, and growth by number of blocks.
    private struct Line {
        let name: String
        let role: SVG.Role
        let growth: [(blockCount: Int, factor: Double)]
    }

    private let lines: [Line]

    /// A chart of the points of stores of one core.
    init(_ points: [ScalingPoint]) {
        var lines: [Line] = []
        for (operation, role) in zip(ScalingPoint.Operation.allCases, Self.roles) {
            let points = points.filter { $0.operation == operation }.sorted { $0.blockCount < $1.blockCount }
            guard let base = points.first else { continue }
            lines.append(
                Line(
                    name: "\(operation.rawValue), \(Table.hundredths(base.microseconds)) µs", role: role,
                    growth: points.map { ($0.blockCount, $0.microseconds / base.microseconds) }))
        }
        let depths = points.filter { $0.operation == .append }.sorted { $0.blockCount < $1.blockCount }
        if let base = depths.first {
            lines.append(
                Line(
                    name: "depth of the tree", role: .goal,
                    growth: depths.map { ($0.blockCount, Double($0.depth) / Double(base.depth)) }))
        }
        self.lines = lines
    }

    func rendered() -> String {
        var drawing = SVG(width: Self.width, height: Self.height)
        drawing.text("Cost by that in a log of 1,000 blocks", x: 8, y: 18)
        drawing.text("what it costs there stands beside each line", x: 8, y: 36, .start, .faint)
        drawAxes(in: &drawing)
        var labels: [Double] = []
        for line in lines {
            drawing.path(through: line.growth.map { (x($0.blockCount), y($0.factor)) }, line.role)
            guard let last = line.growth.last else { continue }
            // Lines that end side by side are named one below the other.
            var label = y(last.factor) + 4
            while labels.contains(where: { abs($0 - label) < 14 }) { label += 14 }
            labels.append(label)
            drawing.text(
                line.name, x: x(last.blockCount) + 10, y: label, .start, line.role == .goal ? .text : line.role)
        }
        return drawing.rendered(title: "Growth of costs with the number of blocks of a log")
    }

    private func drawAxes(in drawing: inout SVG) {
        for factor in 0...Int(mostFactor) {
            drawing.line(
                from: (Self.left, y(Double(factor))), to: (Self.width - Self.right, y(Double(factor))), .rule)
            drawing.text("\(factor)×", x: Self.left - 8, y: y(Double(factor)) + 4, .end, .faint)
        }
        for blockCount in Set(lines.flatMap { $0.growth.map(\.blockCount) }).sorted() {
            drawing.text(
                Table.grouped(Double(blockCount)), x: x(blockCount), y: Self.bottom + 20, .middle, .faint)
        }
        drawing.text("blocks", x: (Self.left + Self.width - Self.right) / 2, y: Self.bottom + 38, .middle, .faint)
    }

    private var mostFactor: Double {
        max(2, lines.flatMap { $0.growth.map(\.factor) }.max()?.rounded(.up) ?? 1)
    }

    private var exponents: (first: Double, last: Double) {
        let counts = lines.flatMap { $0.growth.map { tens(of: $0.blockCount) } }
        let (first, last) = (counts.min() ?? 0, counts.max() ?? 1)
        return (first, max(last, first + 1))
    }

    private func x(_ blockCount: Int) -> Double {
        let (first, last) = exponents
        return Self.left + 24 + (tens(of: blockCount) - first) / (last - first)
            * (Self.width - Self.right - Self.left - 48)
    }

    private func y(_ factor: Double) -> Double { Self.bottom - factor / mostFactor * (Self.bottom - Self.top) }

    /// The logarithm to base ten, of which all counts here are powers.
    private func tens(of count: Int) -> Double { Double(String(count).count - 1) }
}
