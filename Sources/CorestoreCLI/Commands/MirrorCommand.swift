import ArgumentParser
import Corestore
import CorestoreNIO
import Crypto

/// `corestore mirror`: keeps cores as others have them, for servers that seed.
struct MirrorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mirror",
        abstract: "Keep copies of cores, all of them and for good, and serve them if asked to.",
        discussion: """
            Brings everything that the peer has of the cores, and what is appended to them later, until it is interrupted. \
            When the connection ends, it connects again. What the peer does not have, or holds no key, is told of and \
            stops nothing. Thousands of cores share the connection; --keys is read bit by bit, and a pipe of keys may go \
            on for as long as it likes.

            With --serve, whoever connects gets these cores, and all others of the store; and what they have and this \
            store lacks is taken from them as well. Then the peer may be left out. Nothing is ever signed here.

            EXAMPLES
              corestore mirror example.org:4000 KEY1 KEY2
              corestore mirror example.org:4000 --keys seeds.txt --serve 0.0.0.0:4000
              corestore mirror --serve 4000 --keys seeds.txt --json
            """
    )

    @OptionGroup var location: StoreLocation
    @OptionGroup var storing: StoringOptions
    @OptionGroup var selection: PeerSelection
    @OptionGroup var client: ClientOptions

    @Option(
        help: ArgumentHelp(
            "Serve as well: on this port of this machine, or on this address and port; port 0 is any free one.",
            valueName: "[host:]port"),
        transform: Endpoint.init(listeningOn:))
    var serve: Endpoint?

    @OptionGroup var allowing: AllowOptions

    func validate() throws {
        guard try selection.peer() != nil || serve != nil else {
            throw ValidationError("Say whom to connect to, HOST:PORT, or where to listen, --serve PORT.")
        }
        guard try selection.namesKeys() else { throw ValidationError("Say which cores: KEY, or --keys FILE.") }
    }

    func run() async throws {
        // Before the store: a file that is not there makes none.
        let keys = try selection.keyList()
        let peer = try selection.peer()
        let display = ProgressDisplay(Console(json: location.json))
        try await location.withStore(.mirroring(storing)) { store in
            let server = try await listen(store, display)
            let link = try peer.map { try client.link(to: $0, of: store) }
            let run = try LiveRun(store, keys, from: link, serving: server, display)
            _ = try await Signals.untilStopped { try await run.run() }
            await server?.shutdown()
            let summary = run.summary("stopped")
            try display.console.print(summary.words, or: summary)
        }
    }

    private func listen(_ store: Corestore, _ display: ProgressDisplay) async throws -> ReplicationServer? {
        guard let serve else { return nil }
        let server = try await allowing.listen(on: serve, serving: store)
        try display.announce(server)
        return server
    }
}
