import Replication

/// Who waits for which want of the replicator.
///
/// A want may end before its waiter has come to wait (it was served by what is here), so neither is assumed first:
/// whoever opens a want registers what to do under the same lock.
struct WaiterTable: Sendable {
    /// What is done when a want ends; called outside the core's lock.
    typealias Handler = @Sendable (Result<WantOutcome, any Error>) -> Void

    private var handlers: [WantToken: Handler] = [:]

    /// How many wait.
    var count: Int { handlers.count }

    mutating func add(_ token: WantToken, _ handler: @escaping Handler) {
        handlers[token] = handler
    }

    /// Takes the handler of a want that has ended; `nil` where it was cancelled meanwhile.
    mutating func remove(_ token: WantToken) -> Handler? {
        handlers.removeValue(forKey: token)
    }

    /// Takes all handlers: the core ends.
    mutating func removeAll() -> [Handler] {
        defer { handlers = [:] }
        return Array(handlers.values)
    }
}
