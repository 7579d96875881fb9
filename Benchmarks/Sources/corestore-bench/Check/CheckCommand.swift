import ArgumentParser
import BenchHarness

/// Compares what is counted and measured with what is committed.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Fails where a count has grown, or an efficiency fallen, against the committed thresholds.",
        discussion: """
            Counts are made at the size tiny, efficiencies measured at the size small: medians of alternating runs, and \
            where one is too low, once more with twice the runs. With --record, what was found is written to the \
            thresholds instead: the highest counts and the lowest efficiency of several series.
            """)

    @Option(name: .customLong("figure"), help: "A figure to check; may repeat. All of them unless given.")
    var figures: [Figure] = []

    @Option(help: "Runs of each side.")
    var runs = 5

    @Option(help: "The folder of committed thresholds.")
    var thresholds = PackageFolder.path(of: "Thresholds")

    @Flag(help: "Writes the thresholds.")
    var record = false

    @Option(help: "Where the stores are made.")
    var directory = "/tmp"

    /// Series whose highest counts and lowest efficiency are recorded: what depends on scheduling, or on whether two
    /// threads really run at once, has to be seen more than once.
    private static let recordedSeries = 4

    func validate() throws {
        guard runs >= 1 else { throw ValidationError("--runs takes a number from 1 on, not \(runs)") }
    }

    func run() async throws {
        let committed = ThresholdDirectory(thresholds)
        var failures = 0
        for figure in figures.isEmpty ? Figure.measurable : figures {
            if record {
                try recordThresholds(of: figure, in: committed)
            } else {
                let findings = try findings(of: figure, committed.read(figure))
                failures += findings.count(where: \.isFailure)
                if findings.isEmpty { print("ok      \(figure.rawValue)") }
                for finding in findings { print("\(finding.isFailure ? "FAILED " : "note   ") \(finding)") }
            }
            try StandardOutput.flush()
        }
        guard failures == 0 else {
            try StandardError.print("corestore-bench: \(failures) thresholds do not hold")
            throw ExitCode.failure
        }
    }

    private func findings(of figure: Figure, _ committed: FigureThresholds?) throws -> [Finding] {
        guard let committed else { return [.missing(figure)] }
        let counts = try Series(Workload(figure, .tiny), sides: [.ours], in: directory).count()
        var findings = committed.findings(of: figure, counts: counts)
        let series = try Series(Workload(figure, .small), in: directory)
        var slow = committed.finding(of: figure, efficiency: try series.measure(runs: runs).steadyEfficiency)
        // Another program may have been at work just then: what is really slower is so again.
        if slow?.isFailure == true {
            slow = committed.finding(of: figure, efficiency: try series.measure(runs: 2 * runs).steadyEfficiency)
        }
        if let slow { findings.append(slow) }
        return findings
    }

    private func recordThresholds(of figure: Figure, in thresholds: ThresholdDirectory) throws {
        let counting = try Series(Workload(figure, .tiny), sides: [.ours], in: directory)
        let timing = try Series(Workload(figure, .small), in: directory)
        var counts = Counts()
        var efficiency = Double.infinity
        for _ in 0..<Self.recordedSeries {
            counts = counts.raised(to: try counting.count())
            efficiency = min(efficiency, try timing.measure(runs: runs).steadyEfficiency)
        }
        let recorded = FigureThresholds(counts: counts.committed(for: figure), efficiency: efficiency)
        try thresholds.write(recorded, of: figure)
        print("\(figure.rawValue): recorded, efficiency \(recorded.efficiency)")
    }
}
