import ArgumentParser
import Corestore
import CorestoreNIO
import Crypto

/// `corestore sync`: downloads a core from a serving store, verifying every block.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Download a core from a serving store, verifying every block.",
        discussion: """
            Ends with status 0 when every block of the range is here, and with 1 and the reason when the connection \
            ends before. Run again, it goes on where it was.

            EXAMPLES
              corestore sync 127.0.0.1:4000 --key KEY
              corestore sync example.org:4000 --key KEY --start 1000 --end 2000
              corestore sync 127.0.0.1:4000 --key KEY --live --json
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var writing: WritingOptions

    @Argument(
        help: ArgumentHelp("Where a store is served.", valueName: "host:port"), transform: Endpoint.init(argument:))
    var peer: Endpoint

    @Option(
        help: ArgumentHelp("The core's key: z-base-32, hexadecimal, or a pear:// link."),
        transform: CoreKey.init(argument:))
    var key: CoreKey

    @OptionGroup var range: BlockRange

    @Flag(help: "Go on with blocks that are still to come, until interrupted.")
    var live = false

    func run() async throws {
        try await options.withStore(.writing(writing)) { store in
            let core = try await store.get(key: key)
            let run = SyncRun(
                core: core, peer: peer, range: range, isLive: live,
                display: ProgressDisplay(Console(json: options.json)))
            switch try await Signals.untilStopped({ try await run.synchronize(store) }) {
            case .finished:
                try run.report("complete")
            case .stopped where live:
                try run.report("stopped")
            case .stopped:
                throw Failure("stopped with \(run.state); run the same command again to go on")
            }
        }
    }
}
