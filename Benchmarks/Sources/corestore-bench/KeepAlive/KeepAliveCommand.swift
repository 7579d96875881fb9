import ArgumentParser
import BenchHarness
import BenchSubjects

/// Measures whether a server that reads from a cold disk is heard from in time.
struct KeepAliveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep-alive",
        abstract: "Measures how late the keep-alives of a server come that is busy with uncached data.",
        discussion: """
            Three processes: a server of a store that is never cached, one that downloads random blocks from it, and this one, \
            with connections on which nothing is said but keep-alives. Fails where one is missed.
            """)

    @Option(help: "How large the store is.")
    var size = Workload.Size.full

    @Option(help: "Where the stores are made, on the disk to measure.")
    var directory = "/tmp"

    func run() async throws {
        let report = try await KeepAliveSeries.report(size, in: directory)
        print(try report.jsonLine)
        guard report.missed == 0 else {
            try StandardError.print("corestore-bench: \(report.missed) keep-alives were missed")
            throw ExitCode.failure
        }
    }
}

/// One server, its load, and who listens to it.
enum KeepAliveSeries {
    static func report(_ size: Workload.Size, in directory: String) async throws -> KeepAliveReport {
        let workload = Workload(.getCold, size)
        let scratch = try ScratchDirectory(in: directory)
        let source = try scratch.makeDirectory("source")
        try ChildProcess(arguments: ["fill"] + JobOptions.arguments(workload, .ours) + [source]).finish()
        let server = try ServingProcess(.ours, workload, from: source)
        let watch = try await KeepAliveWatch(server.announcement)
        let start = ContinuousClock.now
        let load = try ChildProcess(
            arguments: ["load", "--size", size.rawValue, server.announcement, try scratch.makeDirectory("target")])
        let readCount = try await finish(load)
        let elapsed = ContinuousClock.now - start
        let gaps = await watch.end()
        try server.finish()
        MemoryGroup.removeLeftovers()
        guard !gaps.isEmpty else { throw NoKeepAlive(elapsed: elapsed) }
        return KeepAliveReport(
            gaps: gaps, interval: KeepAliveWatch.interval, readCount: readCount, elapsed: elapsed)
    }

    /// Waits for a process, on a thread on which nobody else wants to run.
    private static func finish(_ load: ChildProcess) async throws -> Int {
        // All that the load says is how many blocks it has read.
        let readCount = load.readLine().flatMap(Int.init)
        try load.finish()
        guard let readCount else { preconditionFailure("the load ended without saying how much it has read") }
        return readCount
    }
}

/// The load was over before two keep-alives had come on any connection.
struct NoKeepAlive: Error, CustomStringConvertible {
    let elapsed: Duration

    var description: String { "no keep-alive came within \(elapsed); a larger size takes longer" }
}

/// Downloads from a server, in this process.
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "load", shouldDisplay: false)

    @Option var size: Workload.Size
    @Argument var announcement: String
    @Argument var directory: String

    func run() async throws { try await load() }

    @concurrent private func load() async throws {
        let seconds = size == .full ? 15 : 2
        print(try await ServerLoad(Workload(.getCold, size), seconds: seconds).run(announcement, into: directory))
    }
}
