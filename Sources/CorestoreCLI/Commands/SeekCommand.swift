import ArgumentParser
import Hypercore

/// `corestore seek`: which block holds a byte.
struct SeekCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seek",
        abstract: "Show which block of a core holds a byte.",
        discussion: """
            Bytes are counted from the start of the core; exactly at its end, the block is the one past the last. With \
            --encryption-key, what encryption adds to each block is not counted.

            EXAMPLES
              corestore seek --name photos 1000000
              corestore seek --key KEY 0 --json
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: CoreSelection
    @OptionGroup var encryption: EncryptionOption

    @Argument(help: "Which byte; the first is 0.")
    var byte: UInt64

    func run() async throws {
        try await options.withStore(.reading) { store in
            let core = try await selection.open(in: store, encryption)
            let place = try await core.seek(byte, options: .local)
            try Console(json: options.json).print(
                "block \(place.block), offset \(place.offset)",
                or: BytePlaceRecord(block: place.block, offset: place.offset))
        }
    }
}
