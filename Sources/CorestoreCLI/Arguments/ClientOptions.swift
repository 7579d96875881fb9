import ArgumentParser
import Corestore
import CorestoreNIO
import Crypto

/// As whom to connect, and to whom alone; options of every command that connects.
struct ClientOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            """
            The peer's public key, which serve prints: nobody else is talked to. Repeat it for several. (default: \
            whoever answers)
            """,
            valueName: "key"),
        transform: PublicKey.init(argument:))
    var peerKey: [PublicKey] = []

    @Option(
        help: ArgumentHelp(
            """
            As whom to connect: fresh is a key that nobody knows again, store is the store's own, for servers that let \
            only known keys in, and any other word is a further one of the store.
            """,
            valueName: "fresh|store|name"))
    var identity = IdentityArgument.fresh

    func link(to peer: Endpoint, of store: Corestore) throws -> PeerLink {
        let admission = peerKey.isEmpty ? PeerAdmission.everyone : .only(Set(peerKey))
        let client = ReplicationClient(
            keyPair: try identity.keyPair(of: store), admitting: admission, logger: Log.logger())
        return PeerLink(peer, using: client)
    }
}
