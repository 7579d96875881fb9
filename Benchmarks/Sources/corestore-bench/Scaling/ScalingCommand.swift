import ArgumentParser
import BenchFloors
import BenchHarness
import BenchSubjects

/// Measures how costs grow with the size of the store.
struct ScalingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaling",
        abstract: "Measures what a block costs in ever larger stores, and fails where that grows too much.",
        discussion: """
            One log of 1,000 blocks, of ten times as many, and so on; and 100,000 blocks in 1, 100 and 10,000 cores. Prints a \
            line of JSON for each cost. For 10,000,000 blocks expect a quarter of an hour and 6 GB of disk.
            """)

    @Option(help: "Blocks of the longest log: a power of ten.")
    var most = 1_000_000

    @Option(help: "Where the stores are made.")
    var directory = "/tmp"

    func run() async throws {
        var points: [ScalingPoint] = []
        for plan in ScalingPlan.all(upTo: most) {
            for point in try ScalingSeries.points(of: plan, in: directory) {
                points.append(point)
                print(try point.jsonLine)
                try StandardOutput.flush()
            }
        }
        let excesses = ScalingReport(points).excesses
        for excess in excesses { try StandardError.print("corestore-bench: \(excess)") }
        guard excesses.isEmpty else { throw ExitCode.failure }
    }
}

/// The costs in a store of one size, measured in a process of its own.
enum ScalingSeries {
    static func points(of plan: ScalingPlan, in directory: String) throws -> [ScalingPoint] {
        let scratch = try ScratchDirectory(in: directory)
        let child = try ChildProcess(arguments: [
            "scaling-sample", "--blocks", "\(plan.blockCount)", "--cores", "\(plan.coreCount)", scratch.path,
        ])
        var lines: [String] = []
        while let line = child.readLine() { lines.append(line) }
        try child.finish()
        return try ScalingPoint.read(lines: lines.joined(separator: "\n"))
    }
}

/// Measures a store of one size, in this process.
struct ScalingSampleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "scaling-sample", shouldDisplay: false)

    @Option var blocks: Int
    @Option var cores: Int
    @Argument var directory: String

    func run() async throws { try await sample() }

    /// Away from the main actor, as ``SampleCommand`` is.
    @concurrent private func sample() async throws {
        let plan = ScalingPlan(blockCount: blocks, coreCount: cores)
        let (store, target) = ("\(directory)/store", "\(directory)/target")
        let costs = try await ScalingRun(plan).run(in: store, target: target)
        let depth = TreeDepth.ofBlocks(in: store)
        for operation in ScalingPoint.Operation.allCases {
            guard let microseconds = costs[operation] else { continue }
            let point = ScalingPoint(
                operation: operation, blockCount: blocks, coreCount: cores, microseconds: microseconds, depth: depth)
            print(try point.jsonLine)
        }
    }
}
