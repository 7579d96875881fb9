import ArgumentParser
import Corestore
import CorestoreNIO
import Crypto
import Hypercore

/// `corestore watch`: prints the blocks of a core as they come.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Print new blocks of a core as they come, until interrupted.",
        discussion: """
            Without a peer, the store is followed beside the serve, append or sync that writes to it. With one, blocks are \
            downloaded, verified and stored as sync does it, and it connects again when the connection ends. It begins \
            with what comes after the present end; --start says otherwise. Where the core is cut, that is told on \
            standard error, and the blocks that take the place of others are printed.

            EXAMPLES
              corestore watch notes
              corestore watch KEY example.org:4000
              corestore watch KEY example.org:4000 --start 0 --json | jq -r '.base64 | @base64d'
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var writing: WritingOptions

    @Argument(
        help: ArgumentHelp(
            "The core, by the name that it was made under here or by its key, and the peer.",
            valueName: "name|key|host:port"),
        completion: .coreNames)
    var words: [String] = []

    @OptionGroup var selection: OptionalCoreSelection

    @Option(
        help: ArgumentHelp("The peer; the same as HOST:PORT among the words.", valueName: "host:port"),
        transform: Endpoint.init(argument:))
    var from: Endpoint?

    @OptionGroup var client: ClientOptions
    @OptionGroup var encryption: EncryptionOption

    @Option(help: ArgumentHelp("The first block. (default: the first that is new)", valueName: "n"))
    var start: UInt64?

    @Option(help: ArgumentHelp("The block before which to end. (default: none)", valueName: "n"))
    var end: UInt64?

    @Flag var form = BlockForm.line

    func validate() throws {
        _ = try target()
        if let start, let end, end < start { throw ValidationError("--end \(end) lies before --start \(start).") }
    }

    /// What the words and options come to.
    private func target() throws -> (core: CoreReference, peer: Endpoint?) {
        var words = words
        var core = selection.key.map { CoreReference.key($0) } ?? selection.name.map { CoreReference.name($0) }
        if core == nil, !words.isEmpty {
            let word = words.removeFirst()
            core = (try? CoreKey(text: word)).map { .key($0) } ?? .name(word)
        }
        guard let core else { throw ValidationError("Say which core: NAME or KEY.") }
        let peer = try words.popLast().map { try Endpoint(argument: $0) }
        guard words.isEmpty, peer == nil || from == nil else {
            throw ValidationError("Give one core, and at most one HOST:PORT.")
        }
        return (core, peer ?? from)
    }

    func run() async throws {
        let (core, peer) = try target()
        let encryption = try encryption.encryption()
        let console = Console(json: options.json)
        try await options.withStore(peer == nil ? .reading : .writing(writing)) { store in
            let link = try peer.map { try client.link(to: $0, of: store) }
            let run = try await WatchRun(store, core, encryption, blocks: (start, end), form, console)
            _ = try await Signals.untilStopped {
                if let link { try await run.follow(link) } else { try await run.followStore() }
            }
        }
    }
}
