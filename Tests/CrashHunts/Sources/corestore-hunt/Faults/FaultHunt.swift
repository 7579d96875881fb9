import ArgumentParser
import HuntAudit
import HuntWorkload
import StorageEngine

/// Runs the same work again and again, each time with another operation of the engine failing.
struct FaultHunt {
    enum Engine: String, ExpressibleByArgument, Sendable {
        case memory
        case lmdb
    }

    typealias Fault = FaultInjectingEngine.Fault

    private let seed: UInt64
    private let engine: Engine
    private let tasks: Int
    private let workspace: Workspace
    private(set) var verdicts = Verdicts()
    private var struck = 0
    private var reported = 0

    init(seed: UInt64, engine: Engine, tasks: Int, workspace: Workspace) {
        self.seed = seed
        self.engine = engine
        self.tasks = tasks
        self.workspace = workspace
    }

    var summary: String {
        "\(verdicts.checked) runs, \(struck) faults struck, \(reported) operations reported them, \(verdicts.red) red"
    }

    mutating func run(every: Int, everyRead: Int) async throws {
        let counts = try await run(with: nil)
        let words = counts.map { "\($0.value) \($0.key.rawValue)s" }.sorted().joined(separator: ", ")
        say("faults: without a fault, the work makes \(words)")
        for operation in FaultInjectingEngine.Operation.allCases {
            let step = operation == .read ? everyRead : every
            for ordinal in stride(from: 1, through: counts[operation, default: 0], by: step) {
                for moment in FaultInjectingEngine.Moment.allCases {
                    _ = try await run(with: Fault(operation, ordinal: ordinal, moment))
                }
            }
        }
    }

    /// One run, with all that was told in it.
    mutating func look(at fault: Fault) async throws {
        _ = try await run(with: fault, tellsAll: true)
    }

    /// One run, and what it was found to have done; returns how often each operation came up.
    private mutating func run(with fault: Fault?, tellsAll: Bool = false) async throws -> [FaultInjectingEngine
        .Operation: Int]
    {
        try Workspace.makeEmpty(workspace.path)
        let run = FaultRun(
            seed: seed, tasks: tasks, fault: fault, directory: engine == .lmdb ? workspace.path + "/store" : nil)
        let found = try await run.findings()
        if found.hasStruck { struck += 1 }
        reported += found.failureCount
        if tellsAll { for entry in found.told { say(entry.line) } }
        let what = fault.map { "\($0.operation.rawValue) \($0.ordinal) \($0.moment.rawValue)" } ?? "no fault"
        if found.violations.isEmpty { verdicts.green() } else { verdicts.red(what, found.violations, kept: nil) }
        return found.counts
    }
}
