import ArgumentParser
import Corestore
import Hypercore

/// The options of every command: which store, and how to print.
struct StoreOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The store's directory.", valueName: "dir"))
    var store = "./corestore"

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("The namespace that names belong to; repeat it for one inside another.", valueName: "ns"))
    var namespace: [String] = []

    @Flag(help: "Print one JSON object a line.")
    var json = false

    /// What a command means to do with the store.
    enum Access {
        /// Beside whoever writes; a store that does not exist is an error.
        case reading
        /// As the only writer; the store is made if it does not exist.
        case writing
    }

    /// Opens the store for as long as `body` runs, in the namespace asked for.
    func withStore<Result>(_ access: Access, _ body: (Corestore) async throws -> Result) async throws -> Result {
        let root = try await Corestore.open(at: store, options: CorestoreOptions(readOnly: access == .reading))
        let result: Result
        do {
            result = try await body(namespace.reduce(root) { $0.namespace($1) })
        } catch {
            // What went wrong first is what the user needs to know.
            try? await root.close()
            throw error
        }
        try await root.close()
        return result
    }
}
