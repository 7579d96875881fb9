import ArgumentParser
import BenchHarness

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes the report that is committed: the figures as tables and charts.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Measures everything in full, or reads what was measured, and writes the report with its charts.",
        discussion: """
            What was measured is kept beside the report as lines of JSON, from which `--render-only` writes it again. \
            Nothing else should run meanwhile.
            """)

    @Option(help: "The folder of the report.")
    var output = PackageFolder.path(of: "Report")

    @Flag(help: "Measures nothing: writes the report of what was measured before.")
    var renderOnly = false

    @Option(help: "What it was measured on, in a few words for the report.")
    var machine = "2 cores, 24 GiB, Debian 12, otherwise idle"

    @Option(name: .customLong("part"), help: "What to measure anew, keeping the rest; may repeat.")
    var parts: [Part] = Part.allCases

    @Option(name: .customLong("figure"), help: "A figure to measure anew, keeping the others; may repeat.")
    var figures: [Figure] = Figure.measurable

    @Option(help: "Runs of each side; 5 or more for figures to rely on.")
    var runs = 5

    @Option(help: "How large the workloads are.")
    var size = Workload.Size.full

    @Option(help: "Blocks of the longest log whose costs are measured: a power of ten.")
    var most = 1_000_000

    @Option(help: "Where the stores are made, on the file system to measure.")
    var directory = "/tmp"

    /// What a report is made of.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case figures
        case scaling
        case keepAlive = "keep-alive"

        /// Where what was measured is kept, a JSON object a line.
        var file: String { "\(rawValue).jsonl" }
    }

    func validate() throws {
        guard runs >= 1 else { throw ValidationError("--runs takes a number from 1 on, not \(runs)") }
    }

    func run() async throws {
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        if !renderOnly {
            if let warning = MachineLoad.now?.warning { try StandardError.print("corestore-bench: \(warning)") }
            for part in Part.allCases where parts.contains(part) { try await measure(part) }
        }
        try render()
    }
}

// MARK: - Measuring

extension ReportCommand {
    private func measure(_ part: Part) async throws {
        switch part {
        case .figures: try measureFigures()
        case .scaling:
            let points = try ScalingPlan.all(upTo: most).flatMap { try ScalingSeries.points(of: $0, in: directory) }
            try write(points.map { try $0.jsonLine + "\n" }.joined(), to: part.file)
        case .keepAlive: try write(await KeepAliveSeries.report(size, in: directory).jsonLine + "\n", to: part.file)
        }
    }

    /// Measures figures, and puts the line of each in the place of the one that it had.
    private func measureFigures() throws {
        print(Table.heading)
        for figure in figures {
            let report = try Series(Workload(figure, size), in: directory).measure(runs: runs)
            print(Table.row(report))
            try StandardOutput.flush()
            let others = stored(.figures).split(separator: "\n")
                .filter { !$0.hasPrefix("{\"figure\":\"\(figure.rawValue)\",") }.map(String.init)
            try write((others + [report.jsonLine, ""]).joined(separator: "\n"), to: Part.figures.file)
        }
    }
}

// MARK: - Rendering

extension ReportCommand {
    private func render() throws {
        let points = try ScalingPoint.read(lines: stored(.scaling))
        let scaling = points.isEmpty ? nil : ScalingReport(points)
        let report = MarkdownReport(
            try FigureResult.read(lines: stored(.figures)), scaling: scaling,
            keepAlive: try stored(.keepAlive).split(separator: "\n").first
                .map { try KeepAliveReport.read(line: String($0)) },
            machine: machine)
        try write(report.text, to: "report.md")
        try write(report.chart, to: "efficiency.svg")
        if let scaling { try write(scaling.chart, to: "scaling.svg") }
    }

    /// What was measured of a part; nothing where it was not.
    private func stored(_ part: Part) -> String {
        (try? String(contentsOf: URL(filePath: "\(output)/\(part.file)"), encoding: .utf8)) ?? ""
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(output)/\(name)"))
    }
}
