import ArgumentParser
import Corestore
import CorestoreNIO
import Hypercore

/// `corestore serve`: lets others copy every core of the store over TCP.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve every core of the store over TCP, until interrupted.",
        discussion: """
            Prints "listening on HOST:PORT" and the server's public key, by which sync --peer-key knows it again. Whoever \
            connects gets the cores whose keys it knows, and no others; --allow lets in some public keys only. By default \
            only programs on this machine can connect; --host 0.0.0.0 opens it to the network. On a terminal a line shows \
            what goes on, elsewhere there is one when something has happened. Interrupted, it appends the lines that it \
            has read before it ends.

            EXAMPLES
              corestore serve --host 0.0.0.0 --port 4000
              corestore serve --allow-file friends.txt
              tail -f access.log | corestore serve --append log
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var writing: WritingOptions
    @OptionGroup var appending: LineAppending

    @Option(help: "The address to listen on.")
    var host = Endpoint.anyLocalPort.host

    @Option(help: "The port to listen on; 0 is any free one.")
    var port: UInt16 = 0

    @OptionGroup var allowing: AllowOptions

    @Option(
        help: ArgumentHelp(
            """
            As whom to serve: store is the store's own key, fresh is a key that nobody knows again, and any other word is a \
            further one of the store.
            """,
            valueName: "store|fresh|name"))
    var identity = IdentityArgument.store

    func run() async throws {
        try await options.withStore(.writing(writing)) { store in
            let traffic = try TrafficMeter(store)
            let core = try await appending.openCore(writing, in: store)
            _ = try await Signals.untilStopped { try await serve(store, traffic, appendingTo: core) }
        }
    }

    /// Serves until it is cancelled, or appending fails.
    private func serve(_ store: Corestore, _ traffic: TrafficMeter, appendingTo core: Hypercore?) async throws {
        let server = try await allowing.listen(on: Endpoint(host: host, port: port), serving: store, as: identity)
        let display = ProgressDisplay(Console(json: options.json))
        try display.announce(server)
        if let core { try display.note("appending to \(core.key)", or: AppendingRecord(core: CoreRecord(core))) }
        defer { try? display.clear() }
        try await withThrowingTaskGroup { group in
            group.addTask { await server.run() }
            group.addTask {
                var status = ServingStatus(traffic, display)
                try await status.show(server, store)
            }
            if let core { group.addTask { try await LineAppending.appendLines(to: core) } }
            try await group.waitForAll()
        }
    }
}
