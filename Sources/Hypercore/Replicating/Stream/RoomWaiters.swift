/// The tasks that wait until a stream has room for what they send.
struct RoomWaiters: Sendable {
    private var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var lastID: UInt64 = 0

    /// How many wait.
    var count: Int { waiters.count }

    /// A name for a task that may come to wait.
    mutating func makeID() -> UInt64 {
        lastID += 1
        return lastID
    }

    mutating func add(_ id: UInt64, _ waiter: CheckedContinuation<Void, Never>) { waiters[id] = waiter }

    /// Takes out a task that does not wait any more.
    mutating func take(_ id: UInt64) -> CheckedContinuation<Void, Never>? { waiters.removeValue(forKey: id) }

    /// Takes out all, to look again whether there is room for them.
    mutating func takeAll() -> [Wake] {
        defer { waiters = [:] }
        return waiters.values.map { waiter in { waiter.resume() } }
    }
}
