import ArgumentParser
import BenchHarness

/// Does the work of a figure once and prints what was measured. This is the process to look at with a profiler.
struct SampleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Does the work of a figure once, in this process: for a profiler.")

    @OptionGroup var job: JobOptions

    @Option(help: "An empty directory to work in.")
    var scratch: String

    @Option(help: "The store that the figure begins with, as `fill` left it.")
    var source: String?

    @Flag(help: "Counts what is done, and so takes longer than it takes.")
    var counting = false

    func run() async throws { try await sample() }

    /// Away from the main actor: resuming on it costs a wake-up of the main thread, which is no cost of the library's.
    @concurrent private func sample() async throws {
        let meter = Meter(counting: counting ? CountLedger() : nil)
        let place = RunPlace(scratch: scratch, source: source)
        let resultHash = try await job.side.contender.run(job.workload, in: place, meter)
        guard let sample = meter.sample(resultHash: resultHash) else {
            preconditionFailure("\(job.figure.rawValue) of \(job.side.rawValue) did not stop its clock")
        }
        print(sample.line)
    }
}
