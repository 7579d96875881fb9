import ArgumentParser
import HuntAudit
import HuntWorkload
import StorageEngine

/// Looks at a store that a hunt has kept.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verifies a store that a hunt has kept, and prints what it holds.")

    @Argument(help: "The store's directory. It is opened, so work on a copy if it must stay as it is.")
    var directory: String

    @Option(help: "The seed of the store's blocks, as it was printed.")
    var storeSeed: UInt64

    @Option(help: "Prints the blocks of this log, by the beginning of its key or name.")
    var log: String?

    func run() async throws {
        let checkup = await Checkup.of(
            directory, after: .kill, seed: storeSeed, durability: .full, since: nil, [], goesOnAs: nil)
        for core in checkup.contents.cores.values.sorted(by: { $0.key < $1.key }) {
            say("\(core.key) \(core.name ?? "-"): fork \(core.fork), \(core.blocks.count) of \(core.length) blocks")
            guard let log, core.key.hasPrefix(log) || core.name?.hasPrefix(log) == true else { continue }
            for (index, block) in core.blocks.sorted(by: { $0.key < $1.key }) {
                say("    \(index): part \(block.part) of \(block.parts) of operation \(block.operation)")
            }
        }
        for violation in checkup.violations { say("RED \(violation)") }
        if !checkup.violations.isEmpty { throw ExitCode.failure }
    }
}
