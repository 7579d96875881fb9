import ArgumentParser
import Corestore
import Crypto
import Hypercore

/// `corestore import`: verifies an archive and stores what is missing.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Store the core of an archive, verifying every block.",
        discussion: """
            Where an archive comes from does not matter, but which core it is of does: say which one you expect with \
            --key. A core that is here already gets the blocks that it lacks; another history than the one here is \
            refused. Interrupted, it keeps what it has verified, and run again, it goes on.

            EXAMPLES
              corestore import log.core --key KEY
              curl https://example.org/log.core | corestore import - --key KEY --compression zstd
            """
    )

    @OptionGroup var location: StoreLocation
    @OptionGroup var writing: WritingOptions

    @Argument(help: ArgumentHelp("The archive; - is standard input.", valueName: "file"), completion: .file())
    var file: String

    @Option(
        help: ArgumentHelp(
            "The core that the archive has to be of: z-base-32, hexadecimal, or a pear:// link. (default: any)"),
        transform: CoreKey.init(argument:))
    var key: CoreKey?

    func run() async throws {
        // Before the store: a file that is not there makes none.
        let pieces = InputPieces(input: file == "-" ? .standardInput : try Descriptor.open(file))
        let run = MeteredRun(.importing, ProgressDisplay(Console(json: location.json)))
        let ending = try await location.withStore(.writing(writing)) { store in
            try await Signals.untilStopped { [key] in
                let core = try await run.run {
                    try await store.importArchive(from: pieces, expecting: key) { run.update($0) }
                }
                try report(core, run)
            }
        }
        if case .stopped(let signal) = ending {
            let state = "\(Words.grouped(run.extent.done)) of \(Words.blocks(run.extent.total))"
            Console(json: location.json).complain("stopped with \(state); run the same command again to go on")
            Signals.end(by: signal)
        }
    }

    private func report(_ core: Hypercore, _ run: MeteredRun) throws {
        let console = Console(json: location.json)
        let record = ImportedRecord(
            core: try CoreRecord(core), blocks: run.extent.done, bytes: run.byteCount, seconds: run.seconds)
        let imported = "\(Words.blocks(record.blocks)), \(Words.bytes(record.bytes))"
        try console.print("imported \(imported) in \(Words.duration(seconds: record.seconds))", or: record)
        if !console.json { try console.print(record.core) }
    }
}
