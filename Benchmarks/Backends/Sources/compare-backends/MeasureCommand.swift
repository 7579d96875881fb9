import ArgumentParser
import BenchHarness

/// Measures, and prints a table in Markdown.
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Measures, and prints a table in Markdown.")

    @Option(help: "Runs on each backend.")
    var runs = 5

    @Option(help: "How large the workloads are: tiny, small or full.")
    var size = "full"

    @Option(help: "Where the stores are made, on the file system to measure.")
    var directory = "/tmp"

    func validate() throws {
        guard runs >= 1 else { throw ValidationError("--runs takes a number from 1 on, not \(runs)") }
        guard Workload.Size(rawValue: size) != nil else { throw ValidationError("\(size) is no size") }
    }

    func run() async throws {
        if let warning = MachineLoad.now?.warning { try StandardError.print("compare-backends: \(warning)") }
        print(Outcome.heading)
        for comparison in Comparison.all {
            print(try outcome(of: comparison).row)
            try StandardOutput.flush()
        }
    }

    private func outcome(of comparison: Comparison) throws -> Outcome {
        let scratch = try ScratchDirectory(in: directory)
        var samples: [Backend: [(sample: Sample, byteCount: Int)]] = [:]
        for run in 0..<runs {
            // Each pair begins with the one that the last one ended with.
            for backend in run.isMultiple(of: 2) ? Backend.allCases : Backend.allCases.reversed() {
                let place = try ScratchDirectory(in: scratch.path)
                let sample = try sample(comparison, backend, in: place.path)
                samples[backend, default: []].append((sample, try FileSpace.byteCount(in: place.path)))
            }
        }
        let outcome = Outcome(comparison, workload(comparison), samples)
        let results = Set(samples.values.joined().map(\.sample.resultHash))
        guard results.count == 1 else { throw DifferentResults(name: comparison.name, results: results) }
        return outcome
    }

    private func workload(_ comparison: Comparison) -> Workload {
        comparison.workload(Workload.Size(rawValue: size) ?? .full)
    }

    private func sample(_ comparison: Comparison, _ backend: Backend, in place: String) throws -> Sample {
        var arguments = ["sample", "--figure", comparison.figure.rawValue, "--backend", backend.rawValue]
        arguments += ["--size", size] + (comparison.syncs ? ["--syncs"] : []) + [place]
        let child = try ChildProcess(arguments: arguments)
        let line = child.readLine()
        try child.finish()
        guard let sample = line.flatMap(Sample.init(line:)) else {
            throw ValidationError("\(comparison.name) on \(backend.rawValue) said \(line ?? "nothing")")
        }
        return sample
    }
}

/// The backends did not come to the same.
struct DifferentResults: Error, CustomStringConvertible {
    let name: String
    let results: Set<String>

    var description: String { "\(name): the runs came to \(results.sorted().joined(separator: " and "))" }
}
