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
            What was measured is kept beside the report as figures.jsonl, from which `--render-only` writes it again. \
            Nothing else should run meanwhile.
            """)

    @Option(help: "The folder of the report.")
    var output = PackageFolder.path(of: "Report")

    @Flag(help: "Measures nothing: writes the report of what figures.jsonl has.")
    var renderOnly = false

    @Option(help: "What it was measured on, in a few words for the report.")
    var machine = "2 cores, 24 GiB, Debian 12, otherwise idle"

    @Option(name: .customLong("figure"), help: "A figure to measure anew, keeping the others; may repeat.")
    var figures: [Figure] = []

    @Option(help: "Runs of each side; 5 or more for figures to rely on.")
    var runs = 5

    @Option(help: "How large the workloads are.")
    var size = Workload.Size.full

    @Option(help: "Where the stores are made, on the file system to measure.")
    var directory = "/tmp"

    func validate() throws {
        guard runs >= 1 else { throw ValidationError("--runs takes a number from 1 on, not \(runs)") }
    }

    func run() async throws {
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        if !renderOnly { try measure() }
        let results = try FigureResult.read(lines: storedLines.joined(separator: "\n"))
        let report = MarkdownReport(results, machine: machine)
        try write(report.chart, to: "efficiency.svg")
        try write(report.text, to: "report.md")
    }

    /// Measures, and puts each line in the place of the one that the figure had.
    private func measure() throws {
        if let warning = MachineLoad.now?.warning { try StandardError.print("corestore-bench: \(warning)") }
        print(Table.heading)
        for figure in figures.isEmpty ? Figure.allCases : figures {
            let report = try Series(Workload(figure, size), in: directory).measure(runs: runs)
            print(Table.row(report))
            try StandardOutput.flush()
            let mark = "{\"figure\":\"\(figure.rawValue)\","
            let others = storedLines.filter { !$0.hasPrefix(mark) }
            try write((others + [report.jsonLine, ""]).joined(separator: "\n"), to: "figures.jsonl")
        }
    }

    private var storedLines: [String] {
        let text = try? String(contentsOf: URL(filePath: "\(output)/figures.jsonl"), encoding: .utf8)
        return (text ?? "").split(separator: "\n").map(String.init)
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(output)/\(name)"))
    }
}
