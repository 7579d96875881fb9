/// The bytes that a queue may hold, and the line of those who wait to get in: first come, first served.
struct RoomLine {
    private struct Waiter {
        let id: UInt64
        let byteCount: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    private let byteLimit: Int
    /// Bytes in the queue, and bytes promised to those who are about to enqueue.
    private(set) var occupied = 0
    private var waiters: [Waiter] = []

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    /// How many wait.
    var waiterCount: Int { waiters.count }

    /// Takes room at once, where there is some and nobody waits for it.
    mutating func take(_ byteCount: Int) -> Bool {
        guard waiters.isEmpty, fits(byteCount) else { return false }
        occupied += byteCount
        return true
    }

    /// Turns room that was taken into what is occupied in fact, whether there is so much or not. Returns those who have
    /// got room by it; resume them outside the lock.
    mutating func exchange(_ taken: Int, for byteCount: Int) -> [CheckedContinuation<Void, any Error>] {
        occupied += byteCount
        return release(taken)
    }

    /// Gives room back, and returns those who have got theirs by it; resume them outside the lock.
    mutating func release(_ byteCount: Int) -> [CheckedContinuation<Void, any Error>] {
        occupied -= byteCount
        precondition(occupied >= 0, "a queue gave back \(-occupied) bytes more than it held")
        return admit()
    }

    /// Joins the line. `id` names the waiter to ``leave(_:)``.
    mutating func join(_ id: UInt64, for byteCount: Int, _ continuation: CheckedContinuation<Void, any Error>) {
        waiters.append(Waiter(id: id, byteCount: byteCount, continuation: continuation))
    }

    /// Leaves the line, and returns the one who left, where it still waited, and those who have got room by it.
    mutating func leave(
        _ id: UInt64
    ) -> (left: CheckedContinuation<Void, any Error>?, admitted: [CheckedContinuation<Void, any Error>]) {
        guard let place = waiters.firstIndex(where: { $0.id == id }) else { return (nil, []) }
        let waiter = waiters.remove(at: place)
        return (waiter.continuation, admit())
    }

    /// Sends everybody away.
    mutating func dismiss() -> [CheckedContinuation<Void, any Error>] {
        defer { waiters = [] }
        return waiters.map(\.continuation)
    }

    private mutating func admit() -> [CheckedContinuation<Void, any Error>] {
        guard !waiters.isEmpty else { return [] }
        var count = 0
        while count < waiters.count, fits(waiters[count].byteCount) {
            occupied += waiters[count].byteCount
            count += 1
        }
        defer { waiters.removeFirst(count) }
        return waiters[..<count].map(\.continuation)
    }

    /// What is larger than the whole queue gets in when it is empty: otherwise it would never be written.
    private func fits(_ byteCount: Int) -> Bool {
        occupied == 0 || byteCount <= byteLimit - occupied
    }
}
