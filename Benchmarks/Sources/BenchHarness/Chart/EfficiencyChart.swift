/// The efficiencies of all figures as bars, each with a mark at what it is to reach, and a line where the floor is.
struct EfficiencyChart {
    private static let (nameWidth, barWidth, valueWidth) = (250.0, 420.0, 130.0)
    private static let (rowHeight, headHeight, footHeight) = (22.0, 46.0, 26.0)
    /// What the right end of the scale stands for. A longer bar is cut off there; its number says how long it is.
    private static let most = 1.2

    private let results: [FigureResult]

    init(_ results: [FigureResult]) {
        self.results = results
    }

    func rendered() -> String {
        let bottom = Self.headHeight + Self.rowHeight * Double(results.count)
        var drawing = SVG(width: Self.nameWidth + Self.barWidth + Self.valueWidth, height: bottom + Self.footHeight)
        drawing.text("Efficiency: floor time / our time, median", x: 8, y: 18)
        drawing.text("1 is as fast as the bare calls; the mark is what is to be reached", x: 8, y: 36, .start, .faint)
        for tick in 0...6 {
            let value = Double(tick) / 5
            drawing.line(from: (x(value), Self.headHeight), to: (x(value), bottom), tick == 5 ? .goal : .rule)
            drawing.text(Table.tenths(value), x: x(value), y: bottom + 16, .middle, .faint)
        }
        for (row, result) in results.enumerated() {
            draw(result, y: Self.headHeight + Self.rowHeight * Double(row), in: &drawing)
        }
        return drawing.rendered(title: "Efficiency of each figure against its floor")
    }

    private func draw(_ result: FigureResult, y: Double, in drawing: inout SVG) {
        let length = min(result.efficiency, Self.most)
        drawing.text(result.figure.rawValue, x: Self.nameWidth - 10, y: y + 15, .end)
        drawing.rectangle(
            x: Self.nameWidth, y: y + 4, width: max(x(length) - Self.nameWidth, 1), height: Self.rowHeight - 8,
            result.reachesGoal ? .reached : .missed)
        if case .efficiency(let goal) = result.figure.goal {
            drawing.line(from: (x(goal), y + 2), to: (x(goal), y + Self.rowHeight - 2), .goal)
        }
        drawing.text(
            "\(Table.hundredths(result.efficiency)) · \(result.shortValue)", x: x(Self.most) + 8, y: y + 15)
    }

    private func x(_ efficiency: Double) -> Double { Self.nameWidth + Self.barWidth * efficiency / Self.most }
}
