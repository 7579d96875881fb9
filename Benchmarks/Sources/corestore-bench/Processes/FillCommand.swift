import ArgumentParser
import BenchHarness

/// Fills the store that runs of a figure begin with.
struct FillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "fill", shouldDisplay: false)

    @OptionGroup var job: JobOptions

    @Argument(help: "An empty directory for the store.")
    var directory: String

    func run() async throws { try await fill() }

    /// Away from the main actor, where no program of a user's would put its storage either.
    @concurrent private func fill() async throws {
        try await job.side.contender.fill(job.workload, at: directory)
    }
}
