import ArgumentParser
import BenchHarness

/// Measures figures, and prints them as they come.
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Measures the figures, each beside its floor.",
        discussion: """
            A rate is a median over the runs. Efficiency is floor time over our time: 1 is as fast as the floor. Every \
            run is a process of its own; those of the floor and ours take turns.
            """)

    @Option(name: .customLong("figure"), help: "A figure to measure; may repeat. All of them unless given.")
    var figures: [Figure] = []

    @Option(help: "How large the workloads are: tiny ones take seconds and only show that everything runs.")
    var size = Workload.Size.full

    @Option(help: "Runs of each side; 5 or more for figures to rely on.")
    var runs = 5

    @Flag(help: "One JSON object a line instead of the table.")
    var json = false

    @Option(help: "Where the stores are made, on the file system to measure.")
    var directory = "/tmp"

    func validate() throws {
        guard runs >= 1 else { throw ValidationError("--runs takes a number from 1 on, not \(runs)") }
    }

    func run() async throws {
        if let warning = MachineLoad.now?.warning { try StandardError.print("corestore-bench: \(warning)") }
        if !json { print(Table.heading) }
        for figure in figures.isEmpty ? Figure.measurable : figures {
            let series = try Series(Workload(figure, size), in: directory)
            let report = try series.measure(runs: runs)
            print(json ? report.jsonLine : Table.row(report))
            try StandardOutput.flush()
        }
    }
}
