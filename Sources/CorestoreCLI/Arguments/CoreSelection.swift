import ArgumentParser
import Corestore
import Crypto
import Hypercore

/// A core, if one is named: by the name it was made under here, or by its key.
struct OptionalCoreSelection: ParsableArguments {
    @Option(help: "The core that was made under this name, in the namespace.", completion: .coreNames)
    var name: String?

    @Option(
        help: "The core of this key: z-base-32, hexadecimal, or a pear:// link.", completion: .coreKeys,
        transform: CoreKey.init(argument:))
    var key: CoreKey?

    func validate() throws {
        guard name == nil || key == nil else { throw ValidationError("Choose one of --name and --key.") }
    }

    /// Opens the core, if one is named; closing the store closes it.
    func open(in store: Corestore, _ encryption: BlockEncryption? = nil) async throws -> Hypercore? {
        try await open(in: store, SessionOptions(encryption: encryption))
    }

    /// Opens the core, if one is named and something of it is stored; closing the store closes it.
    func openStored(in store: Corestore) async throws -> Hypercore? {
        try await open(in: store, SessionOptions(createIfMissing: false))
    }

    private func open(in store: Corestore, _ options: SessionOptions) async throws -> Hypercore? {
        if let key { return try await store.get(key: key, options: options) }
        if let name { return try await store.get(name: name, options: options) }
        return nil
    }
}

/// Which core: by the name it was made under here, or by its key.
struct CoreSelection: ParsableArguments {
    @OptionGroup var selection: OptionalCoreSelection

    func validate() throws {
        guard selection.name != nil || selection.key != nil else {
            throw ValidationError("Say which core: either --name NAME or --key KEY.")
        }
    }

    /// Opens the core; closing the store closes it.
    func open(in store: Corestore, _ encryption: EncryptionOption? = nil) async throws -> Hypercore {
        try await required(selection.open(in: store, encryption?.encryption()))
    }

    /// Opens the core if something of it is stored; closing the store closes it.
    func openStored(in store: Corestore) async throws -> Hypercore {
        try await required(selection.openStored(in: store))
    }

    private func required(_ core: Hypercore?) -> Hypercore {
        guard let core else {
            preconditionFailure("a command runs without the core that it was validated to have")
        }
        return core
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
