import ArgumentParser
import BenchHarness
import BenchSubjects

/// Does the work once, in this process.
struct SampleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sample", shouldDisplay: false)

    @Option var figure: String
    @Option var backend: Backend
    @Option var size: String
    @Flag var syncs = false
    @Argument var directory: String

    func run() async throws { try await sample() }

    /// Away from the main actor: resuming on it costs a wake-up of the main thread.
    @concurrent private func sample() async throws {
        guard let figure = Figure(rawValue: figure), let size = Workload.Size(rawValue: size) else {
            throw ValidationError("\(figure) or \(size) is unknown")
        }
        let workload = Comparison(figure: figure, syncs: syncs).workload(size)
        let (scratch, source) = ("\(directory)/scratch", "\(directory)/source")
        if figure.needsFilledStore { try await backend.contender.fill(workload, at: source) }
        let meter = Meter()
        let place = RunPlace(scratch: scratch, source: figure.needsFilledStore ? source : nil)
        let resultHash = try await backend.contender.run(workload, in: place, meter)
        guard let sample = meter.sample(resultHash: resultHash) else {
            preconditionFailure("\(figure.rawValue) did not stop its clock")
        }
        print(sample.line)
    }
}
