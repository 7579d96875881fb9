import ArgumentParser
import Corestore
import Hypercore
import StorageEngine

/// The options of every command: where the store is, and how to print.
struct StoreLocation: ParsableArguments {
    @Option(help: ArgumentHelp("The store's directory.", valueName: "dir"), completion: .directory)
    var store = StoreLocation.standard

    /// Where the store is if nothing is said.
    static let standard = "./corestore"

    @Flag(help: "Print one JSON object a line.")
    var json = false

    /// What a command means to do with the store.
    enum Access {
        /// Beside whoever writes; a store that does not exist is an error.
        case reading
        /// As the only writer; a store that does not exist is an error.
        case changing(Durability)
        /// As the only writer; the store is made if it does not exist.
        case writing(WritingOptions)
        /// As the only writer, who stores what peers bring and signs nothing; the store is made if it does not exist.
        case mirroring(StoringOptions)
    }

    /// Opens the store for as long as `body` runs.
    func withStore<Result>(_ access: Access, _ body: (Corestore) async throws -> Result) async throws -> Result {
        let root = try await open(access)
        let result: Result
        do {
            result = try await body(root)
        } catch {
            // What went wrong first is what the user needs to know.
            try? await root.close()
            throw Failure.leading(error)
        }
        try await root.close()
        return result
    }

    /// Opens the store for as long as `body` runs, or until a signal comes that is to stop the program: then `body` is
    /// cancelled, the store is closed in order, and the program ends as by the signal.
    ///
    /// - Parameter state: what is said then.
    func withStoppableStore(
        _ access: Access, stopped state: String, _ body: @escaping @Sendable (Corestore) async throws -> Void
    ) async throws {
        let ending = try await withStore(access) { store in
            try await Signals.untilStopped { try await body(store) }
        }
        if case .stopped(let signal) = ending {
            Console(json: json).complain("stopped; \(state)")
            Signals.end(by: signal)
        }
    }

    private func open(_ access: Access) async throws -> Corestore {
        switch access {
        case .reading:
            return try await Corestore.open(at: store, options: CorestoreOptions(readOnly: true))
        case .changing(let durability):
            // To read a store makes none.
            try await open(.reading).close()
            return try await Corestore.open(at: store, options: CorestoreOptions(durability: durability))
        case .writing(let options):
            return try await Corestore.open(at: store, options: options.storeOptions)
        case .mirroring(let options):
            return try await Corestore.open(at: store, options: options.mirrorOptions)
        }
    }
}

extension Failure {
    /// Tells by which option to go on, where there is one; other errors stay as they are.
    fileprivate static func leading(_ error: any Error) -> any Error {
        guard let error = error as? HypercoreError, error.code == .appendingStopped else { return error }
        return Failure("\(error.message), by running this command with --trust-history")
    }
}
