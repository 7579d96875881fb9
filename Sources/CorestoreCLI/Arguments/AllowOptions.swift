import ArgumentParser
import Corestore
import CorestoreNIO
import Crypto

/// Whom to serve; options of every command that listens.
struct AllowOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            """
            Let in this public key, which the other side's `corestore identity` prints; repeat it for more. (default: \
            everybody; what they get depends on the keys that they know)
            """,
            valueName: "key"),
        transform: PublicKey.init(argument:))
    var allow: [PublicKey] = []

    @Option(
        help: ArgumentHelp(
            "Let in the public keys of this file as well, one a line; of an empty file, nobody.", valueName: "file"),
        completion: .file())
    var allowFile: String?

    /// Who is let in.
    ///
    /// - Throws: where the file cannot be read, or holds anything but keys: a list that is wrong lets nobody in.
    func admission() async throws -> PeerAdmission {
        guard let allowFile else { return allow.isEmpty ? .everyone : .only(Set(allow)) }
        var keys = Set(allow)
        for try await entry in KeyList(given: [], file: try Descriptor.open(allowFile)) {
            switch entry {
            case .key(let key): keys.insert(PublicKey(key.bytes))
            case .malformed(let complaint): throw Failure(complaint.words)
            case .duplicate: continue
            }
        }
        return .only(keys)
    }

    /// Listens on `endpoint` for whoever is let in.
    func listen(
        on endpoint: Endpoint, serving store: Corestore, as identity: IdentityArgument = .store
    ) async throws -> ReplicationServer {
        try await ReplicationServer.listen(
            on: endpoint, serving: store, keyPair: identity.keyPair(of: store), admitting: admission(),
            logger: Log.logger())
    }
}
