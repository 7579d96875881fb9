import ArgumentParser

/// `corestore get`: the bytes of one block.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Write one block of a core to standard output.",
        discussion: """
            EXAMPLES
              corestore get --name log 17
              corestore get --key KEY 0 --json
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: CoreSelection
    @OptionGroup var encryption: EncryptionOption

    @Argument(help: "Which block; the first is 0.")
    var index: UInt64

    func run() async throws {
        try await options.withStore(.reading) { store in
            let core = try await selection.open(in: store, encryption)
            try Console(json: options.json).print(block: StoredBlock.read(index, of: core), at: index)
        }
    }
}
