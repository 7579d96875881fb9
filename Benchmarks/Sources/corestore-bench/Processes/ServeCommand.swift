import ArgumentParser
import BenchHarness

/// Serves a filled store to a process that measures, and ends with it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", shouldDisplay: false)

    @OptionGroup var job: JobOptions

    @Option(help: "The store to serve, as `fill` left it.")
    var source: String

    func run() async throws { try await serve() }

    @concurrent private func serve() async throws {
        ChildProcess.exitWhenStandardInputEnds()
        try await job.side.contender.serve(job.workload, from: source) { announcement in
            print(announcement)
            try StandardOutput.flush()
        }
    }
}
