import ArgumentParser
import Corestore
import Crypto
import Hypercore

/// Which core: by the name it was made under here, or by its key.
struct CoreSelection: ParsableArguments {
    @Option(help: "The core that was made under this name, in the namespace.")
    var name: String?

    @Option(
        help: ArgumentHelp("The core of this key: z-base-32, hexadecimal, or a pear:// link."),
        transform: CoreKey.init(argument:))
    var key: CoreKey?

    func validate() throws {
        guard (name == nil) != (key == nil) else {
            throw ValidationError("Say which core: either --name NAME or --key KEY.")
        }
    }

    /// Opens the core; closing the store closes it.
    func open(in store: Corestore) async throws -> Hypercore {
        guard let key else { return try await store.get(name: name ?? "") }
        return try await store.get(key: key)
    }
}

extension CoreKey {
    /// Reads a key from the command line.
    init(argument: String) throws {
        do {
            try self.init(text: argument)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
