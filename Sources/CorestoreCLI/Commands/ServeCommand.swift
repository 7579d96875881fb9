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
            Prints "listening on HOST:PORT". Whoever connects gets the cores whose keys it knows, and no others. By \
            default only programs on this machine can connect; --host 0.0.0.0 opens it to the network. Interrupted, it \
            appends the lines that it has read before it ends.

            EXAMPLES
              corestore serve --host 0.0.0.0 --port 4000
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

    func run() async throws {
        try await options.withStore(.writing(writing)) { store in
            let traffic = try TrafficMeter(store)
            let core = try await appending.openCore(writing, in: store)
            _ = try await Signals.untilStopped { try await serve(store, traffic, appendingTo: core) }
        }
    }

    /// Serves until it is cancelled, or appending fails.
    private func serve(_ store: Corestore, _ traffic: TrafficMeter, appendingTo core: Hypercore?) async throws {
        let server = try await ReplicationServer.listen(
            on: Endpoint(host: host, port: port), serving: store, logger: Log.logger())
        let display = ProgressDisplay(Console(json: options.json))
        try announce(server.endpoint, core)
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

    private func announce(_ endpoint: Endpoint, _ core: Hypercore?) throws {
        let console = Console(json: options.json)
        if options.json {
            try console.print(json: ListeningRecord(host: endpoint.host, port: endpoint.port))
            if let core { try console.print(json: AppendingRecord(core: CoreRecord(core))) }
        } else {
            try console.print("listening on \(endpoint)")
            if let core { try console.print("appending to \(core.key)") }
        }
    }
}
