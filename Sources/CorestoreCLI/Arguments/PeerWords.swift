import ArgumentParser
import CorestoreNIO
import Crypto

/// A peer and keys, as words in any order: what is a key is one, and HOST:PORT is the peer.
struct PeerWords {
    private(set) var peer: Endpoint?
    private(set) var keys: [CoreKey] = []

    init(_ words: [String]) throws {
        for word in words {
            if let key = try? CoreKey(text: word) {
                keys.append(key)
            } else if let endpoint = Endpoint(word), endpoint.port > 0 {
                guard peer == nil else { throw ValidationError("\(word) is a second HOST:PORT; one is connected to.") }
                peer = endpoint
            } else {
                throw ValidationError(
                    "\"\(word)\" is neither a key nor HOST:PORT, such as 127.0.0.1:4000 or [::1]:4000.")
            }
        }
    }
}

/// Which cores to bring from which peer; options of `sync` and `mirror`.
struct PeerSelection: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The peer, as HOST:PORT, and keys: z-base-32, hexadecimal, or pear:// links; in any order.",
            valueName: "host:port|key"))
    var words: [String] = []

    @Option(
        help: ArgumentHelp("The peer; the same as HOST:PORT among the words.", valueName: "host:port"),
        transform: Endpoint.init(argument:))
    var from: Endpoint?

    @Option(
        parsing: .singleValue,
        help: "A core's key; the same as a key among the words. Repeat it for more.", completion: .coreKeys,
        transform: CoreKey.init(argument:))
    var key: [CoreKey] = []

    @Option(
        help: ArgumentHelp(
            """
            A file with further keys, one a line, which is read bit by bit; - is standard input. What follows a key on \
            its line, and lines that begin with #, are for people.
            """,
            valueName: "file"),
        completion: .file())
    var keys: String?

    func validate() throws {
        let words = try PeerWords(words)
        if let peer = words.peer, from != nil { throw ValidationError("\(peer) and --from are two peers; name one.") }
    }

    /// The peer, if one is named.
    func peer() throws -> Endpoint? { try from ?? PeerWords(words).peer }

    /// Whether keys are named, or a file that may hold some.
    func namesKeys() throws -> Bool { try keys != nil || !key.isEmpty || !PeerWords(words).keys.isEmpty }

    var readsInput: Bool { keys == "-" }

    /// All keys.
    func keyList() throws -> KeyList {
        let file = try keys.map { $0 == "-" ? .standardInput : try Descriptor.open($0) }
        return KeyList(given: try PeerWords(words).keys + key, file: file)
    }
}
