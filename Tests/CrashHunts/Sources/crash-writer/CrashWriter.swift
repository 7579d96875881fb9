import ArgumentParser
import Corestore
import HuntWorkload
import StorageEngine

/// The process that hunts stop: opens a store, works on it, and tells on standard output what was acknowledged.
@main
struct CrashWriter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "crash-writer")

    @Argument(help: "The directory of the store.")
    var directory: String

    @Option(help: "What operations, contents and keys follow from.")
    var seed: UInt64

    @Option(help: "Tells the operations of this run from those of earlier ones on the same store.")
    var firstSession = 0

    @Option(help: "How many sessions of work there are; the store is opened for each second one.")
    var sessions = 1

    @Option(
        help: "How many operations each task of a session does; without it, they go on until the process is stopped.")
    var operations: Int?

    @Option(help: "full or relaxed.")
    var durability = "full"

    func run() async throws {
        guard let durability = Durability(rawValue: durability) else {
            throw ValidationError("durability is full or relaxed")
        }
        let journal = Journal(descriptor: 1)
        let last = firstSession + sessions - 1
        var opened: Corestore?
        for session in firstSession...last {
            let store =
                if let opened { opened } else {
                    try await Corestore.open(at: directory, options: CorestoreOptions(durability: durability))
                }
            journal.tell(.opened(session: session))
            var plan = WriterSession.Plan(seed: seed, session: session)
            plan.operationsPerTask = operations
            try await WriterSession.run(plan, on: store, journal: journal)
            // Two sessions share an opening: the store is suspended between them.
            if session.isMultiple(of: 2), session < last {
                try await store.suspend()
                try await store.resume()
                opened = store
            } else {
                try await store.close()
                opened = nil
            }
            journal.tell(.closed(session: session))
        }
    }
}
