import ArgumentParser
import Hypercore

/// `corestore cat`: the bytes of blocks, one after the other.
struct CatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Write the blocks of a core to standard output.",
        discussion: """
            Reads beside a running serve, append or sync. With --line, each block ends with a newline, as the lines did \
            that append --line made blocks of.

            EXAMPLES
              corestore cat --name photos > holiday.jpg
              corestore cat --key KEY --start 100 --end 200
              corestore cat --name log --live
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: CoreSelection
    @OptionGroup var encryption: EncryptionOption
    @OptionGroup var range: BlockRange
    @Flag var form = BlockForm.raw

    @Flag(help: "Go on with blocks that are still to come, until interrupted.")
    var live = false

    func run() async throws {
        if live {
            _ = try await Signals.untilStopped { try await follow() }
        } else {
            try await options.withStore(.reading) { store in
                let core = try await selection.open(in: store, encryption)
                try copy(range.resolve(length: core.length), of: core)
            }
        }
    }

    private func copy(_ blocks: Range<UInt64>, of core: Hypercore) throws {
        let console = Console(json: options.json)
        for index in blocks {
            try console.print(block: StoredBlock.read(index, of: core), at: index, form)
        }
    }

    /// Copies what there is, and what another process brings, in order.
    private func follow() async throws {
        let console = Console(json: options.json)
        try await options.withStore(.reading) { store in
            var next = range.start
            while next < range.end ?? .max {
                // A core shows what was stored when it was opened.
                let core = try await selection.open(in: store, encryption)
                while next < range.end ?? .max, let block = try core.read(next) {
                    try console.print(block: block, at: next, form)
                    next += 1
                }
                await core.close()
                try await Task.sleep(for: Self.lookInterval)
            }
        }
    }

    /// How often to look whether another process has stored more.
    private static let lookInterval = Duration.milliseconds(100)
}
