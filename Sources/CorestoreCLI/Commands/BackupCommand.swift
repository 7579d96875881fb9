import ArgumentParser
import Corestore

/// `corestore backup`: a copy of the whole store, also while another process writes to it.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the whole store, with its secret keys, to a new directory.",
        discussion: """
            The copy is of one moment, and takes no more room than is in use. It works beside a running serve, append \
            or sync. Interrupted, it leaves nothing behind.

            The copy and the original must not both be appended to: each would sign a history of its own, and nothing \
            brings the two together again.

            EXAMPLES
              corestore backup /mnt/disk/corestore-monday
              corestore backup --store photos copy-of-photos --json
            """
    )

    @OptionGroup var location: StoreLocation

    @Argument(
        help: ArgumentHelp(
            "Where to: a directory that does not exist, or is empty; its parent has to exist.", valueName: "directory"),
        completion: .directory)
    var directory: String

    func run() async throws {
        let console = Console(json: location.json)
        let run = MeteredRun(.copy, ProgressDisplay(console))
        switch try await location.withStore(.reading, { store in try await copy(store, run) }) {
        case .finished:
            let record = BackedUpRecord(directory: directory, bytes: run.byteCount, seconds: run.seconds)
            try console.print(words(for: record), or: record)
        case .stopped(let signal):
            Console(json: location.json).complain("stopped; no half backup is left")
            Signals.end(by: signal)
        }
    }

    private func copy(_ store: Corestore, _ run: MeteredRun) async throws -> Signals.Ending<Void> {
        try await Signals.untilStopped { [directory] in
            try await run.run { try await store.backUp(to: directory) { run.update($0) } }
        }
    }

    private func words(for record: BackedUpRecord) -> String {
        """
        backed up \(Words.bytes(record.bytes)) to \(directory) in \(Words.duration(seconds: record.seconds))
        Append to the original or to the copy, never to both: that would sign two histories that nothing brings together.
        """
    }
}
