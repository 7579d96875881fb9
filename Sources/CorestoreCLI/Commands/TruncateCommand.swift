import ArgumentParser
import Corestore
import Hypercore

/// `corestore truncate`: cuts a core short and begins a new fork.
struct TruncateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "truncate",
        abstract: "Cut a core at a length, and begin a new fork of it.",
        discussion: """
            The blocks from that length on are gone, here at once and at others when they next meet this store: the new \
            fork replaces the old one everywhere. Only a core that can be appended to here can be cut.

            EXAMPLES
              corestore truncate --name log 100     # keeps blocks 0 to 99
              corestore truncate --name log 0
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: CoreSelection
    @OptionGroup var durability: DurabilityOption

    @Argument(help: "How many blocks stay.")
    var length: UInt64

    func run() async throws {
        try await options.withStoppableStore(
            .changing(durability.durability), stopped: "the core is as it was, or cut"
        ) { store in
            let core = try await selection.openStored(in: store)
            let oldLength = core.length
            guard length <= oldLength else {
                throw Failure("the core has \(Words.blocks(oldLength)), and cannot be cut at \(length)")
            }
            try await core.truncate(to: length)
            let console = Console(json: options.json)
            if !options.json { try console.print("cut off \(Words.blocks(oldLength - length))") }
            try console.print(CoreRecord(core))
        }
    }
}
