import ArgumentParser
import Foundation
import HuntAudit
import HuntDisk
import HuntWorkload
import StorageEngine

/// Makes the disks of one record and looks at each. Run by ``PowerImages``, or by hand to look at one again.
struct PowerImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "power-images", shouldDisplay: false)

    @Argument(help: "The record of a writer's file calls.")
    var trace: String

    @Argument(help: "Which files of the record stand for which of the record before it.")
    var inodes: String

    @Argument(help: "Where the disks are made, one in the place of the other.")
    var directory: String

    @Option var storeSeed: UInt64
    @Option var lossSeed: UInt64
    @Option var images: Int
    @Option var durability = Durability.full
    @Option var sabotage: SyncKind?
    @Option var from = 0
    @Option var step = 1

    @Option(help: "Looks at this one only, and leaves it in DIRECTORY as it was found.")
    var only: Int?

    /// The session that the audit appends as.
    private static let session = 0xfffe

    /// Where the shim finds which file of the disk stands for which.
    static func inodes(of directory: String) -> String { directory + "-inodes" }

    private func put(_ image: DiskImage) throws {
        try image.write(to: directory, inodes: Self.inodes(of: directory), known: ShownInodes(reading: inodes))
    }

    func run() async throws {
        let trace = try DiskTrace(reading: readFile(trace))
        let journal = trace.journal
        // A sync that is missing has to show in what was acknowledged, not only in a store that was never whole.
        let opened = journal.first { if case .opened = $0.entry { true } else { false } }
        let cuts = trace.powerCuts(
            images, seed: lossSeed, from: sabotage == nil ? nil : opened.map { $0.eventCount + 1 })
        let base = try await contentsAtBeginning(of: trace)
        var disk = Disk(ignoring: sabotage)
        var applied = 0
        let positions = only.map { [$0] } ?? Array(stride(from: from, to: cuts.count, by: step))
        for position in positions {
            let cut = cuts[position]
            for event in trace.events[applied..<cut.eventCount] { disk.apply(event) }
            applied = cut.eventCount
            var random = SeededRandom(lossSeed, UInt64(position))
            let image = disk.image(after: cut.loss, using: &random)
            try put(image)
            if only != nil { try image.write(to: directory + "-as-found") }
            let checkup = await Checkup.of(
                directory + "/store", after: .powerCut, seed: storeSeed, durability: durability, since: base,
                journal.prefix { $0.eventCount < cut.eventCount }.map(\.entry), goesOnAs: Self.session)
            for violation in checkup.violations { say("red \(violation) [\(cut)]") }
            say("done \(checkup.outcome.word)")
        }
    }

    /// What the store held when the writer began.
    private func contentsAtBeginning(of trace: DiskTrace) async throws -> StoreContents {
        var disk = Disk()
        for event in trace.events.prefix(trace.beginning) { disk.apply(event) }
        var random = SeededRandom(0)
        let image = disk.image(after: Loss(pages: .all, names: .all), using: &random)
        guard !image.files.isEmpty else { return StoreContents() }
        try put(image)
        let checkup = await Checkup.of(
            directory + "/store", after: .powerCut, seed: storeSeed, durability: durability, since: nil, [],
            goesOnAs: nil)
        for violation in checkup.violations { say("red at the beginning: \(violation)") }
        return checkup.contents
    }
}

extension Checkup.Outcome {
    fileprivate var word: String {
        switch self {
        case .opened: "opened"
        case .doubted: "opened in doubt"
        case .refused: "refused"
        }
    }
}
