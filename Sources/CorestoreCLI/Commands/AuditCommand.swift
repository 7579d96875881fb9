import ArgumentParser
import Corestore
import Hypercore

/// `corestore audit`: checks, and repairs, what is stored.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check every core of the store, or one of them, and repair what is damaged.",
        discussion: """
            Checks the tree of each core against its signed head, the blocks against the tree, and the record of which \
            blocks are here against the blocks. Without --repair nothing is changed, and it works beside a running \
            serve, append or sync; it ends with status 1 where anything is damaged.

            With --repair, what can be made anew out of what is here is. The rest is removed, so that the core knows \
            that it lacks it, and sync can bring it again; it then ends with status 0 unless something could not be \
            repaired.

            EXAMPLES
              corestore audit
              corestore audit --name photos --repair
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: OptionalCoreSelection
    @OptionGroup var durability: DurabilityOption

    @Flag(help: "Repair what is damaged.")
    var repair = false

    func run() async throws {
        try await options.withStoppableStore(
            repair ? .changing(durability.durability) : .reading, stopped: "run it again to check the rest"
        ) { store in
            let run = AuditRun(Console(json: options.json), isRepairing: repair)
            if let core = try await selection.openStored(in: store) {
                try await run.audit(core)
            } else {
                for try await discoveryKey in store.list() { try await run.audit(discoveryKey, of: store) }
            }
            try run.finish()
        }
    }
}
