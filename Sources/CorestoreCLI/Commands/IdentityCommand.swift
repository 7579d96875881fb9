import ArgumentParser
import Corestore
import Crypto

/// `corestore identity`: the public key by which a store is known to peers.
struct IdentityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Show the public key by which the store is known to peers.",
        discussion: """
            A server is known by it, so that sync, mirror and watch can be told with --peer-key to talk to nobody else; \
            and they show it with --identity store, where a server lets in with --allow only those that it knows. It stays \
            the same for as long as the store, and says nothing of what is in it. A store that does not exist is made.

            EXAMPLES
              corestore identity
              corestore identity laptop --json
              corestore serve --allow "$(corestore identity --store ~/other)"
            """
    )

    @OptionGroup var location: StoreLocation

    @Argument(help: "A further identity of the store, of this name. (default: the store's own)")
    var name: String?

    func run() async throws {
        // Beside whoever writes, if there is anything to be read.
        let exists = FileStatus(of: location.store) != nil
        let publicKey = try await location.withStore(exists ? .reading : .writing(WritingOptions.parse([]))) { store in
            try (name.map { IdentityArgument.named($0) } ?? .store).keyPair(of: store).publicKey
        }
        try Console(json: location.json).print("\(publicKey)", or: IdentityRecord(publicKey: "\(publicKey)"))
    }
}
