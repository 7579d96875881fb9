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
    @OptionGroup var encryption: EncryptionOption

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 is any free one.")
    var port: UInt16 = 0

    @Option(
        help: ArgumentHelp("Append each line of standard input to this core while serving.", valueName: "name"))
    var append: String?

    func run() async throws {
        try await options.withStore(.writing(writing)) { store in
            let core =
                if let append { try await writing.openCore(append, encryption, in: store) } else { Hypercore?.none }
            _ = try await Signals.untilStopped { try await serve(store, appendingTo: core) }
        }
    }

    /// Serves until it is cancelled, or appending fails.
    private func serve(_ store: Corestore, appendingTo core: Hypercore?) async throws {
        let server = try await ReplicationServer.listen(
            on: Endpoint(host: host, port: port), serving: store, logger: Log.logger())
        try announce(server.endpoint, core)
        try await withThrowingTaskGroup { group in
            group.addTask { await server.run() }
            if let core { group.addTask { try await append(to: core) } }
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

    private func append(to core: Hypercore) async throws {
        try await LiveInput.forEachBatch(of: .standardInput, cutting: .line) { batch in
            try await core.append(contentsOf: batch)
        }
    }
}
