import ArgumentParser
import Foundation
import HuntDisk
import HuntWorkload
import StorageEngine

/// Cuts the power: records what a writer does to its files, and opens what disks may hold after a power cut.
struct PowerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "power",
        abstract:
            "Opens and audits the disks that power cuts may leave: unsynced pages and names missing, torn, reordered.")

    @Option(help: "How many disks are looked at.")
    var images = 5000

    @Option(help: "How many of them come from one run of the writer.")
    var imagesPerRun = 250

    @Option(help: "What all follows from; drawn and printed where it is not given.")
    var seed: UInt64?

    @Option(help: "full or relaxed.")
    var durability = Durability.full

    @Option(help: "A kind of sync that the disk acknowledges and does not make; then the hunt must find something.")
    var sabotage: SyncKind?

    @Option(help: "How many processes look at disks side by side.")
    var workers = 2

    func run() async throws {
        let seed = seed ?? .random(in: 0..<1_000_000)
        let name = sabotage.map { "power, \($0.rawValue) sabotaged" } ?? "power"
        say("\(name): seed \(seed), \(images) disks, durability \(durability.rawValue)")
        let workspace = try Workspace("power-\(seed)")
        defer { workspace.remove() }
        var hunt = PowerHunt(
            seed: seed, durability: durability, sabotage: sabotage, workers: workers, workspace: workspace)
        var run = 0
        while hunt.verdicts.checked < images, sabotage == nil || hunt.verdicts.red == 0 {
            try await hunt.run(run, images: min(imagesPerRun, images - hunt.verdicts.checked))
            run += 1
        }
        say("\(name): \(hunt.summary)")
        if sabotage != nil, hunt.verdicts.red == 0 { say("\(name): a sync is missing and nothing was found") }
        if (hunt.verdicts.red > 0) != (sabotage != nil) { throw ExitCode.failure }
    }
}
