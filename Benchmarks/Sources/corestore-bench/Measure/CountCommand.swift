import ArgumentParser
import BenchHarness

/// Counts what the runs of each figure do, and prints it.
struct CountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "counts",
        abstract: "Counts what a run of each figure does: records, commits, bytes, messages.",
        discussion: """
            At the size tiny. What is marked with ~ depends on how threads are scheduled; all else is the same in every \
            run, on any machine. Beside each count stands what it is for each block, read or core.
            """)

    @Option(name: .customLong("figure"), help: "A figure to count; may repeat. All of them unless given.")
    var figures: [Figure] = []

    @Option(help: "Where the stores are made.")
    var directory = "/tmp"

    func run() async throws {
        for figure in figures.isEmpty ? Figure.measurable : figures {
            let series = try Series(Workload(figure, .tiny), sides: [.ours], in: directory)
            print(CountTable.text(of: try series.count(), series.workload))
            try StandardOutput.flush()
        }
    }
}
