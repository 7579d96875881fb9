import ArgumentParser
import Corestore
import Crypto
import Hypercore

/// `corestore purge`: removes a core from the store.
struct PurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Remove a core from the store: its blocks, its name and its data.",
        discussion: """
            Asks first, on a terminal; anywhere else it takes --yes. Copies that others have stay with them. The file \
            keeps its size, and what is written later uses the space again; compact gives it back to the disk.

            A core of the same name that is made afterwards has the same key: appending to it signs a second history \
            beside the one that others may have.

            EXAMPLES
              corestore purge --name drafts
              corestore purge --key KEY --yes
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: CoreSelection
    @OptionGroup var durability: DurabilityOption

    @Flag(name: [.short, .long], help: "Do not ask.")
    var yes = false

    func run() async throws {
        try await options.withStoppableStore(
            .changing(durability.durability), stopped: "the core is whole or gone; what is to be swept is swept later"
        ) { store in
            let core = try await selection.openStored(in: store)
            let record = PurgedRecord(try await core.storageInfo(), of: core)
            try confirm(record)
            try await core.purge()
            try await finishSweeping(store, record)
            try Console(json: options.json).print("purged \(words(for: record))", or: record)
        }
    }

    private func confirm(_ record: PurgedRecord) throws {
        guard !yes else { return }
        guard Descriptor.standardInput.isTerminal else {
            throw Failure("nothing was purged: there is nobody to ask, and --yes was not given")
        }
        guard try Console.confirms("Purge \(words(for: record))?") else { throw Failure("nothing was purged") }
    }

    /// The core is gone already; waits until its space is free as well.
    private func finishSweeping(_ store: Corestore, _ record: PurgedRecord) async throws {
        let display = ProgressDisplay(Console(json: options.json))
        let start = ContinuousClock.now
        try await display.during {
            try await store.finishSweeping()
        } show: {
            try display.show("sweeping \(Words.blocks(record.blocks))", since: start)
        }
    }

    private func words(for record: PurgedRecord) -> String {
        "\(record.key): \(Words.blocks(record.blocks)), \(Words.bytes(record.bytes))"
    }
}

extension PurgedRecord {
    fileprivate init(_ info: StorageInfo, of core: Hypercore) {
        self.init(
            key: core.key.text, blocks: info.blocks.recordCount, bytes: info.blocks.byteCount,
            storedBytes: info.blocks.storedByteCount + info.tree.storedByteCount + info.other.storedByteCount)
    }
}
