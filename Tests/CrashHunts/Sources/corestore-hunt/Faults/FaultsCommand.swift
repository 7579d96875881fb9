import ArgumentParser
import HuntWorkload
import StorageEngine

extension FaultInjectingEngine.Fault {
    /// Reads "write 17 beforeTakingEffect".
    init(_ text: String) throws {
        let words = text.split { " ,:".contains($0) }.map(String.init)
        guard words.count == 3, let operation = FaultInjectingEngine.Operation(rawValue: words[0]),
            let ordinal = Int(words[1]), ordinal > 0, let moment = FaultInjectingEngine.Moment(rawValue: words[2])
        else { throw ValidationError("a fault is like \"write 17 beforeTakingEffect\"") }
        self.init(operation, ordinal: ordinal, moment)
    }
}

/// Fails every operation of the storage engine once, one after the other.
struct FaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Fails each write, commit, sync and read of an engine in turn, before and after it takes effect.")

    @Option(help: "What the work follows from; drawn and printed where it is not given.")
    var seed: UInt64?

    @Option(help: "memory or lmdb.")
    var engine = FaultHunt.Engine.memory

    @Option(help: "How many tasks work side by side. With one, each fault has to reach exactly one caller.")
    var tasks = 3

    @Option(help: "Which of the operations fail: every so manieth.")
    var every = 1

    @Option(help: "Which of the reads fail: every so manieth. There are many.")
    var everyRead = 23

    @Option(
        help: "Looks at one run only, as a red line names it: write, 17, beforeTakingEffect.",
        transform: FaultHunt.Fault.init)
    var only: FaultHunt.Fault?

    func run() async throws {
        let seed = seed ?? .random(in: 0..<1_000_000)
        say("faults: seed \(seed), engine \(engine.rawValue), \(tasks) tasks")
        let workspace = try Workspace("faults-\(seed)")
        defer { workspace.remove() }
        var hunt = FaultHunt(seed: seed, engine: engine, tasks: tasks, workspace: workspace)
        if let only {
            try await hunt.look(at: only)
        } else {
            try await hunt.run(every: every, everyRead: everyRead)
        }
        say("faults: \(hunt.summary)")
        if hunt.verdicts.red > 0 { throw ExitCode.failure }
    }
}
