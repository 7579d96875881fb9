import ArgumentParser
import Corestore
import Hypercore
import Synchronization

/// `corestore append`: a file, or standard input, becomes blocks.
struct AppendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "append",
        abstract: "Append a file, or standard input, to a core as blocks.",
        discussion: """
            The core is made under its name if there is none yet. Prints its new length and its key, which lets others \
            copy and verify it.

            EXAMPLES
              corestore append --name photos holiday.jpg
              corestore append --name log --line access.log
              tar c docs | corestore append --name docs --compression zstd
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var writing: WritingOptions
    @OptionGroup var encryption: EncryptionOption

    @Option(help: "The core to append to, made in the namespace if there is none.", completion: .coreNames)
    var name: String

    @Flag(help: "Make each line a block, without its newline; a final newline adds no block.")
    var line = false

    @Option(help: ArgumentHelp("Cut the input into blocks of this size. (default: 65536)", valueName: "bytes"))
    var blockSize: Int?

    @Argument(help: ArgumentHelp("What to append; standard input if left out.", valueName: "file"), completion: .file())
    var file: String?

    func validate() throws {
        guard let blockSize else { return }
        if line { throw ValidationError("Choose one of --line and --block-size.") }
        let largest = Hypercore.maximumBlockByteCount
        guard (1...largest).contains(blockSize) else {
            throw ValidationError("--block-size \(blockSize): a block has 1 to \(largest) bytes.")
        }
    }

    func run() async throws {
        // Before the store: a file that is not there makes no core.
        let input = try file.map(Descriptor.open) ?? .standardInput
        let appended = Mutex<UInt64>(0)
        let ending = try await options.withStore(.writing(writing)) { store in
            let core = try await writing.openCore(name, encryption, in: store)
            return try await Signals.untilStopped {
                try await LiveInput.forEachBatch(of: input, cutting: rule) { batch in
                    try await core.append(contentsOf: batch)
                    appended.withLock { $0 += UInt64(batch.count) }
                }
                try Task.checkCancellation()
                try report(core, appendedBlockCount: appended.withLock { $0 })
            }
        }
        if case .stopped(let signal) = ending {
            let count = appended.withLock { $0 }
            Console(json: options.json).complain("stopped; \(Words.blocks(count)) of the input were appended")
            Signals.end(by: signal)
        }
    }

    private var rule: BlockCutter.Rule { line ? .line : .size(blockSize ?? 64 << 10) }

    private func report(_ core: Hypercore, appendedBlockCount: UInt64) throws {
        let console = Console(json: options.json)
        if !options.json { try console.print("appended \(Words.blocks(appendedBlockCount)) to \(name)") }
        try console.print(CoreRecord(core))
    }
}
