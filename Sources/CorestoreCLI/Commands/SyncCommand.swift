import ArgumentParser
import Corestore
import Crypto
import Hypercore

/// `corestore sync`: downloads cores from a serving store, verifying every block.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Download cores from a serving store, verifying every block.",
        discussion: """
            Ends with status 0 when every block of the range of every core is here, and with 1 and the reason when the \
            connection ends before. Run again, it goes on where it was. A core that the peer does not have does not stop \
            the others; in the end it is said how many there were, and the status is 1.

            With --live it goes on in both directions until it is interrupted: what peers append comes down, and what \
            they want of this store goes up, lines of --append included. When the connection ends, it connects again.

            EXAMPLES
              corestore sync 127.0.0.1:4000 KEY
              corestore sync example.org:4000 KEY --start 1000 --end 2000
              corestore sync --from example.org:4000 KEY1 KEY2 KEY3
              corestore list --json | jq -r .key | corestore sync example.org:4000 --keys -
              tail -f notes | corestore sync example.org:4000 --live --append notes
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var writing: WritingOptions
    @OptionGroup var selection: PeerSelection
    @OptionGroup var client: ClientOptions
    @OptionGroup var range: BlockRange

    @Flag(help: "Go on with blocks that are still to come, in both directions, until interrupted.")
    var live = false

    @OptionGroup var appending: LineAppending

    func validate() throws {
        guard try selection.peer() != nil else { throw ValidationError("Say whom to connect to: HOST:PORT.") }
        guard try selection.namesKeys() || appending.append != nil else {
            throw ValidationError("Say which cores: KEY, or --keys FILE.")
        }
        if appending.readsInput, !live { throw ValidationError("--append goes with --live.") }
        if appending.readsInput, selection.readsInput {
            throw ValidationError("Standard input holds keys or lines to append, not both.")
        }
    }

    func run() async throws {
        guard let peer = try selection.peer() else { preconditionFailure("a run without the peer that was asked for") }
        // Before the store: a file that is not there makes none.
        let keys = try selection.keyList()
        let display = ProgressDisplay(Console(json: options.json))
        let ending = try await options.withStore(.writing(writing)) { store in
            let link = try client.link(to: peer, of: store)
            return live
                ? .finished(try await stayInStep(store, keys, link, display))
                : try await copy(store, keys, link, display)
        }
        if case .stopped(let signal) = ending { Signals.end(by: signal) }
    }

    private func copy(
        _ store: Corestore, _ keys: KeyList, _ link: PeerLink, _ display: ProgressDisplay
    ) async throws -> Signals.Ending<Void> {
        let run = try SyncRun(store, keys, range, from: link, display)
        let ending = try await Signals.untilStopped { try await run.run() }
        if case .stopped = ending {
            display.complain("stopped with \(run.state); run the same command again to go on")
        } else {
            try run.finish()
        }
        return ending
    }

    private func stayInStep(
        _ store: Corestore, _ keys: KeyList, _ link: PeerLink, _ display: ProgressDisplay
    ) async throws {
        var keys = keys
        let core = try await appending.openCore(writing, in: store)
        if let core, !keys.given.contains(core.key) { keys.given.append(core.key) }
        let run = try LiveRun(store, keys, blocks: (range.start, range.end), from: link, display)
        let ending = try await Signals.untilStopped {
            try await run.run { if let core { try await LineAppending.appendLines(to: core) } }
        }
        if case .stopped = ending { try await run.finish("stopped") } else { try await run.finish("complete") }
    }
}
