import ArgumentParser
import Corestore
import Hypercore

/// `corestore export`: one core as one file that anybody can verify.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a core, as far as it is stored here, to one file.",
        discussion: """
            The archive holds the blocks and what it takes to verify them, and no secret: whoever knows the core's key \
            can import it, from wherever it comes, but not append to it. A file that is there is replaced when the new \
            one is complete; interrupted, nothing is left behind. It works beside a running serve, append or sync.

            EXAMPLES
              corestore export --name log log.core
              corestore export --key KEY - | ssh host corestore import - --key KEY
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: CoreSelection

    @Argument(help: ArgumentHelp("Where to; - is standard output.", valueName: "file"), completion: .file())
    var file: String

    func validate() throws {
        if isToOutput, options.json {
            throw ValidationError("Standard output takes the archive or what --json prints, not both.")
        }
    }

    private var isToOutput: Bool { file == "-" }

    func run() async throws {
        let ending = try await options.withStore(.reading) { store -> Signals.Ending<Void> in
            let core = try await selection.open(in: store)
            // A signal may end what writes to a pipe at once: there is nothing to be cleaned up.
            if isToOutput { return .finished(try await writeOut(core)) }
            return try await Signals.untilStopped { try await writeFile(core, in: store) }
        }
        if case .stopped(let signal) = ending {
            Console(json: options.json).complain("stopped; no half archive is left")
            Signals.end(by: signal)
        }
    }

    private func writeOut(_ core: Hypercore) async throws {
        let console = Console(json: false)
        guard !console.isTerminal else {
            throw Failure("an archive is nothing to look at on a terminal; redirect it, or name a file")
        }
        for try await part in try core.archive() { try console.write(part) }
    }

    private func writeFile(_ core: Hypercore, in store: Corestore) async throws {
        try requireReplaceable()
        let console = Console(json: options.json)
        let display = ProgressDisplay(console)
        let start = ContinuousClock.now
        try await display.during { [file] in
            try await store.export(core, toFile: file)
        } show: {
            try display.show("exporting a core of \(Words.blocks(core.length))", since: start)
        }
        let record = ExportedRecord(
            core: try CoreRecord(core), file: file, archiveBytes: FileStatus(of: file)?.byteCount ?? 0,
            seconds: (ContinuousClock.now - start) / .seconds(1))
        try console.print(
            "exported \(Words.bytes(record.archiveBytes)) to \(file) in \(Words.duration(seconds: record.seconds))",
            or: record)
        if !console.json { try console.print(record.core) }
    }

    /// The archive takes the place of what has its name: a device is not to be lost like that.
    private func requireReplaceable() throws(Failure) {
        guard FileStatus(of: file)?.isOrdinary ?? true else {
            throw Failure("\(file) is there and no ordinary file; name another one, or redirect - to it")
        }
    }
}
