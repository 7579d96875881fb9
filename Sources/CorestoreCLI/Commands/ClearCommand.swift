import ArgumentParser
import Corestore
import Hypercore

/// `corestore clear`: forgets the content of blocks.
struct ClearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear",
        abstract: "Forget the content of blocks here, to save space.",
        discussion: """
            The core keeps its length, and can still be verified; sync brings the blocks again from whoever has them. \
            What is stored nowhere else is lost.

            EXAMPLES
              corestore clear --name log --start 0 --end 1000
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: CoreSelection
    @OptionGroup var range: BlockRange
    @OptionGroup var durability: DurabilityOption

    func validate() throws {
        // To clear all that there is takes more than leaving something out.
        guard range.end != nil else {
            throw ValidationError("Say where to end: --end N is the first block that stays.")
        }
    }

    func run() async throws {
        try await options.withStoppableStore(
            .changing(durability.durability), stopped: "what was cleared by then is cleared"
        ) { store in
            let core = try await selection.openStored(in: store)
            let cleared = try await core.clear(range.resolve(length: core.length))
            try Console(json: options.json).print(
                "cleared \(Words.blocks(cleared.blockCount)), \(Words.bytes(cleared.byteCount))",
                or: ClearedRecord(blocks: cleared.blockCount, bytes: cleared.byteCount, core: CoreRecord(core)))
        }
    }
}
