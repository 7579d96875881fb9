import ArgumentParser
import Corestore

/// The options of a command that works on cores: which store, which names in it, and how to print.
struct StoreOptions: ParsableArguments {
    @OptionGroup var location: StoreLocation

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("The namespace that names belong to; repeat it for one inside another.", valueName: "ns"))
    var namespace: [String] = []

    var json: Bool { location.json }

    /// Opens the store for as long as `body` runs, in the namespace asked for.
    func withStore<Result>(
        _ access: StoreLocation.Access, _ body: (Corestore) async throws -> Result
    ) async throws -> Result {
        try await location.withStore(access) { root in
            try await body(namespace.reduce(root) { $0.namespace($1) })
        }
    }

    /// As ``StoreLocation/withStoppableStore(_:stopped:_:)``, in the namespace asked for.
    func withStoppableStore(
        _ access: StoreLocation.Access, stopped state: String,
        _ body: @escaping @Sendable (Corestore) async throws -> Void
    ) async throws {
        try await location.withStoppableStore(access, stopped: state) { [namespace] root in
            try await body(namespace.reduce(root) { $0.namespace($1) })
        }
    }
}
