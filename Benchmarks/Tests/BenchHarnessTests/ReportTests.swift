import Testing

@testable import BenchHarness

@Suite struct ReportTests {
    private func line(
        _ figure: Figure, efficiency: Double, median: Double = 12_345, memory: String = "3.4"
    ) -> String {
        """
        {"figure":"\(figure.rawValue)","unit":"\(figure.unit.rawValue)","median":\(median),"min":10000,"max":20000,\
        "runs":5,"floor":24690,"efficiency":\(efficiency),"peakMemoryMB":\(memory),"peakMappedMB":1,\
        "resultHash":"ab","cpuEfficiency":0.44,"floorMin":1,"floorMax":2,"floorPeakMemoryMB":1,\
        "floorPeakMappedMB":1,"lessIsBetter":false,"size":"full"}
        """
    }

    @Test func aReportIsReadFromTheLinesThatAMeasurementPrints() throws {
        let sample = Sample(
            elapsed: .seconds(2), processorTime: .seconds(1), peak: ResidentMemory(anonymous: 2_000_000, mapped: 1),
            resultHash: "ab")
        let report = try FigureReport(Workload(.appendSingle, .full), [(floor: sample, ours: sample)])
        let result = try #require(try FigureResult.read(lines: "\n" + report.jsonLine + "\n").first)
        #expect((result.figure, result.size, result.runCount) == (.appendSingle, .full, 1))
        #expect((result.ours, result.floor) == (Spread([5_000]), 5_000))
        #expect((result.efficiency, result.processorEfficiency, result.peakMegabytes) == (1, 1, 2))
    }

    @Test(arguments: ["{}", "figure", #"{"figure":"no-such"}"#])
    func anotherLineIsRefusedWithWhatItSays(line: String) {
        let error = #expect(throws: UnreadableResult.self) { try FigureResult.read(lines: line) }
        #expect(error?.description.contains(line) == true)
    }

    @Test func whatIsNotReachedIsBold() throws {
        let text = MarkdownReport(
            try FigureResult.read(
                lines: [
                    line(.appendSingle, efficiency: 0.849), line(.atomic, efficiency: 0.844),
                    line(.openMemory, efficiency: 0.01, median: 12_000), line(.openSparse, efficiency: 0.5, median: 2),
                ].joined(separator: "\n")), machine: "a test"
        ).text
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.map { $0.contains("**") } == [false, true, true, false])
        #expect(
            rows[0] == """
                | `append-single-100B` | appends/s | 12,345 | 10,000 … 20,000 | 24,690 | 0.85 | 0.85 | 0.44 | 3.4 |
                """)
        #expect(rows[2].contains("| **12,000** |") && rows[2].contains("| ≤ 10,000 |"))
    }

    @Test func aReceiverThatHoldsTooMuchMemoryDoesNotReachItsGoal() throws {
        let results = try FigureResult.read(
            lines: ["60.0", "60.1"].map { line(.replicateSmall, efficiency: 1, memory: $0) }.joined(separator: "\n"))
        #expect(results.map(\.reachesGoal) == [true, false])
        let text = MarkdownReport(results, machine: "a test").text
        #expect(text.contains("| 60.0 (≤ 60) |") && text.contains("| **60.1** (≤ 60) |"))
    }

    @Test func figuresComeInTheirOrderWhateverTheOrderOfTheLines() throws {
        let lines = Figure.allCases.map { line($0, efficiency: 0.5) }
        let reports = try [lines, lines.reversed()].map {
            MarkdownReport(try FigureResult.read(lines: $0.joined(separator: "\n")), machine: "a test")
        }
        #expect(reports[0].text == reports[1].text && reports[0].chart == reports[1].chart)
        #expect(reports[0].text.split(separator: "\n").count { $0.hasPrefix("| `") } == Figure.allCases.count)
    }

    @Test func theChartHasABarForEachFigureThatSaysWhetherItIsReached() throws {
        let chart = MarkdownReport(
            try FigureResult.read(
                lines: [line(.appendSingle, efficiency: 0.9), line(.atomic, efficiency: 0.1)].joined(separator: "\n")),
            machine: "a test"
        ).chart
        #expect(chart.hasPrefix("<svg ") && chart.hasSuffix("</svg>\n"))
        #expect(chart.contains("rect class=\"reached\"") && chart.contains("rect class=\"missed\""))
        #expect(chart.contains(">append-single-100B</text>") && chart.contains(">0.90 · 12.3k/s</text>"))
    }

    @Test func aBarThatPassesTheScaleEndsWhereTheScaleEnds() throws {
        let charts = try [1.2, 9].map {
            EfficiencyChart(try FigureResult.read(lines: line(.appendSingle, efficiency: $0))).rendered()
        }
        let bars = charts.map { $0.split(separator: "\n").filter { $0.hasPrefix("<rect") } }
        #expect(bars[0] == bars[1])
    }

    @Test func whatADrawingSaysCannotBreakIt() {
        var drawing = SVG(width: 10, height: 10)
        drawing.text("a<b>&c", x: 0.04, y: -1.26)
        let text = drawing.rendered(title: "t")
        #expect(text.contains("x=\"0\" y=\"-1.3\"") && text.contains(">a&lt;b&gt;&amp;c</text>"))
    }
}
