import ArgumentParser
import Foundation
import HuntAudit
import HuntWorkload
import StorageEngine

/// Stops a writer in the middle of its work, again and again, and looks at what it left.
struct KillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Kills a writer (SIGKILL) at random moments, reopens its store, and audits it.")

    @Option(help: "How often the writer is killed.")
    var rounds = 200

    @Option(help: "What the moments and the writer's work follow from; drawn and printed where it is not given.")
    var seed: UInt64?

    @Option(help: "full or relaxed.")
    var durability = Durability.full

    @Option(help: "How many rounds one store goes through.")
    var roundsPerStore = 12

    func run() async throws {
        let seed = seed ?? .random(in: 0..<1_000_000)
        say("kill: seed \(seed), \(rounds) rounds, durability \(durability.rawValue)")
        let workspace = try Workspace("kill-\(seed)")
        defer { workspace.remove() }
        var hunt = KillHunt(seed: seed, durability: durability, workspace: workspace)
        for round in 0..<rounds {
            if round % roundsPerStore == 0 { try hunt.beginStore() }
            try await hunt.run(round: round, session: round % roundsPerStore)
        }
        say("kill: \(hunt.summary)")
        if hunt.verdicts.red > 0 { throw ExitCode.failure }
    }
}

/// When a writer is killed.
private enum Moment: CustomStringConvertible {
    /// So long after it was started.
    case time(milliseconds: Int)
    /// At one of its calls that change files, before or after the call has taken effect.
    case call(Int, after: Bool)

    static func draw(using random: inout SeededRandom) -> Moment {
        switch random.below(4) {
        case 0: .time(milliseconds: 5 + random.below(60))
        case 1: .time(milliseconds: 20 + random.below(300))
        case 2: .call(1 + random.below(60), after: random.oneIn(2))
        default: .call(1 + random.below(4000), after: random.oneIn(2))
        }
    }

    var description: String {
        switch self {
        case .time(let milliseconds): "\(milliseconds) ms after it was started"
        case .call(let number, let after): "\(after ? "after" : "before") its file call \(number)"
        }
    }
}

private struct KillHunt {
    let seed: UInt64
    let durability: Durability
    let workspace: Workspace
    private(set) var verdicts = Verdicts()
    private var store = 0
    private var contents = StoreContents()
    private var acknowledged = 0

    init(seed: UInt64, durability: Durability, workspace: Workspace) {
        self.seed = seed
        self.durability = durability
        self.workspace = workspace
    }

    var summary: String {
        "\(verdicts.checked) kills, \(acknowledged) acknowledgements and told heads checked, \(verdicts.red) red"
    }

    private var root: String { "\(workspace.path)/\(store)" }
    private var directory: String { root + "/store" }
    private var storeSeed: UInt64 { seed &+ UInt64(store) << 32 }

    mutating func beginStore() throws {
        Workspace.removeIfThere(root)
        store += 1
        contents = StoreContents()
        try Workspace.makeEmpty(root)
    }

    /// One kill, and what comes of it.
    mutating func run(round: Int, session: Int) async throws {
        var random = SeededRandom(seed, UInt64(round))
        let moment = Moment.draw(using: &random)
        let (entries, end) = try work(until: moment, session: session)
        acknowledged += entries.count
        let checkup = await Checkup.of(
            directory, after: .kill, seed: storeSeed, durability: durability, since: contents, entries, goesOnAs: nil)
        var violations = checkup.violations
        if end != .killed(signal: SIGKILL) { violations.append(Violation(.reported, "the writer \(end)")) }
        guard !violations.isEmpty else {
            contents = checkup.contents
            return verdicts.green()
        }
        // Beside the store, what its writer told in this round.
        try Data(entries.map { $0.line + "\n" }.joined().utf8).write(to: URL(filePath: root + "/journal"))
        verdicts.red("round \(round): killed \(moment)", violations, kept: workspace.keep([root], as: "round-\(round)"))
        try beginStore()
    }

    private func work(until moment: Moment, session: Int) throws -> ([JournalEntry], ChildProcess.End) {
        var environment = ["LD_PRELOAD": Programs.shim, "HUNT_ROOT": root, "HUNT_SYNC_PAUSE": "400"]
        if case .call(let number, let after) = moment {
            environment["HUNT_KILL_AT"] = "\(number)"
            if after { environment["HUNT_KILL_AFTER"] = "1" }
        }
        let writer = try ChildProcess(
            Programs.writer,
            [
                directory, "--seed", "\(storeSeed)", "--first-session", "\(session)", "--durability",
                durability.rawValue,
            ],
            environment: environment)
        let lines = collect(from: writer, until: moment)
        return (lines.compactMap { JournalEntry(line: $0) }, writer.wait())
    }

    /// Reads until the writer is gone; a full pipe would make it wait.
    private func collect(from writer: ChildProcess, until moment: Moment) -> [String] {
        guard case .time(let milliseconds) = moment else { return writer.readToEnd() }
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        var lines: [String] = []
        while true {
            let left = (deadline - .now).components
            let timeout = left.seconds < 0 || left.attoseconds < 0 ? 0 : left.attoseconds / 1_000_000_000_000_000
            switch writer.readLine(timeoutMilliseconds: Int32(timeout)) {
            case .line(let line): lines.append(line)
            case .end: return lines
            case .timedOut:
                writer.kill()
                return lines + writer.readToEnd()
            }
            if deadline <= .now {
                writer.kill()
                return lines + writer.readToEnd()
            }
        }
    }
}
