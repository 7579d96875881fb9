import ArgumentParser
import Hypercore

/// `corestore verify`: checks one core against its signature.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check what is stored of a core against its hashes and its signature.",
        discussion: """
            Reads beside a running serve, append or sync, and changes nothing; audit --repair repairs. Ends with status \
            1 where anything is damaged.

            EXAMPLES
              corestore verify --name photos
              corestore verify --key KEY --json
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: CoreSelection

    func run() async throws {
        try await options.withStore(.reading) { store in
            let run = AuditRun(Console(json: options.json), isRepairing: false)
            try await run.audit(try await selection.open(in: store))
            try run.finish()
        }
    }
}
