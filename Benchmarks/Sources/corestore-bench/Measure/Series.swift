import BenchHarness

/// The runs of one figure: both sides in turn, each run in a process and a directory of its own.
struct Series: ~Copyable {
    let workload: Workload
    private let directory: ScratchDirectory
    /// The filled stores of the two sides; empty where the figure begins with nothing.
    private let sources: [Side: String]

    /// Fills the stores that the figure begins with, for the sides that will run.
    init(_ workload: Workload, sides: [Side] = Side.allCases, in parent: String) throws {
        let directory = try ScratchDirectory(in: parent)
        var sources: [Side: String] = [:]
        for side in sides where workload.figure.needsFilledStore {
            let source = try directory.makeDirectory("source-\(side.rawValue)")
            let child = try ChildProcess(arguments: ["fill"] + JobOptions.arguments(workload, side) + [source])
            try child.finish()
            sources[side] = source
        }
        self.workload = workload
        self.directory = directory
        self.sources = sources
    }

    /// Runs each side `runs` times.
    ///
    /// Each pair begins with the side that the last one ended with, so that what the order does to a run (a warm cache, a
    /// file system that is still writing) falls on both.
    borrowing func measure(runs: Int) throws -> FigureReport {
        let pairs = try (0..<runs).map { run in
            if run.isMultiple(of: 2) {
                let floor = try sample(.floor)
                return (floor: floor, ours: try sample(.ours))
            } else {
                let ours = try sample(.ours)
                return (floor: try sample(.floor), ours: ours)
            }
        }
        return try FigureReport(workload, pairs)
    }

    /// Runs our side once and counts what it does.
    borrowing func count() throws -> Counts {
        try sample(.ours, ["--counting"], environment: CopyCounter.environment).counts
    }

    private borrowing func sample(
        _ side: Side, _ options: [String] = [], environment: [String: String] = [:]
    ) throws -> Sample {
        let scratch = try ScratchDirectory(in: directory.path)
        var arguments = ["sample"] + JobOptions.arguments(workload, side) + ["--scratch", scratch.path]
        if let source = sources[side] { arguments += ["--source", source] }
        let child = try ChildProcess(arguments: arguments + options, environment: environment)
        let line = child.readLine()
        try child.finish()
        guard let sample = line.flatMap(Sample.init(line:)) else {
            throw SampleMissing(figure: workload.figure, side: side, line: line)
        }
        return sample
    }
}

/// A run ended without saying what it measured.
struct SampleMissing: Error, CustomStringConvertible {
    let figure: Figure
    let side: Side
    let line: String?

    var description: String {
        "\(figure.rawValue), \(side.rawValue): expected a sample, found \(line.map { "\"\($0)\"" } ?? "nothing")"
    }
}
