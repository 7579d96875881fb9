import ArgumentParser
import Corestore
import StorageEngine

/// `corestore compact`: the store's file without the space that it no longer uses.
struct CompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Give the space that the store no longer uses back to the disk.",
        discussion: """
            The store's file is written anew beside the old one, which takes as much room on the disk as is in use. No \
            other program may have the store open. Interrupted at any moment, the store is whole; what was begun is \
            removed the next time that it is written to.

            EXAMPLES
              corestore compact
              corestore compact --store backup --json
            """
    )

    @OptionGroup var location: StoreLocation
    @OptionGroup var durability: DurabilityOption

    func run() async throws {
        let console = Console(json: location.json)
        let display = ProgressDisplay(console)
        let ending = try await location.withStore(.changing(durability.durability)) { store in
            try await Signals.untilStopped { try await compact(store, display) }
        }
        switch ending {
        case .finished(let record):
            let sizes = "\(Words.bytes(record.fileBytesBefore)) to \(Words.bytes(record.fileBytesAfter))"
            try console.print("compacted \(sizes) in \(Words.duration(seconds: record.seconds))", or: record)
        case .stopped(let signal):
            try? display.clear()
            Console(json: location.json).complain("stopped; the store is whole")
            Signals.end(by: signal)
        }
    }

    private func compact(_ store: Corestore, _ display: ProgressDisplay) async throws -> CompactedRecord {
        let before = try await store.fileSpace().fileByteCount
        let run = MeteredRun(.copy, display)
        try await run.run { try await store.compact { run.update($0) } }
        return CompactedRecord(
            fileBytesBefore: before, fileBytesAfter: try await store.fileSpace().fileByteCount,
            seconds: run.seconds)
    }
}
