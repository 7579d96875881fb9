import ArgumentParser

/// `corestore info`: the state of one core.
struct InfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show the keys, length and tree hash of a core.",
        discussion: """
            Two copies of a core with the same length and tree hash hold the same bytes.

            EXAMPLES
              corestore info --name log
              corestore info --key KEY --json
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: CoreSelection

    func run() async throws {
        try await options.withStore(.reading) { store in
            let core = try await selection.open(in: store)
            try Console(json: options.json).print(CoreRecord(core))
        }
    }
}
