/// Our requests to one peer that are under way, and the ids that they go by.
///
/// The id of an answered request is free at once. That of a cancelled one is not: its answer may be on the way already,
/// and must not be taken for the next one's. It is free once a request that was sent after the cancel was answered, as
/// answers come in order (PROTOCOL §7, Answering).
struct RequestTable {
    private var slots: [OutstandingRequest?] = []
    private var freeIDs: [UInt64] = []
    /// Ids of cancelled requests, each with the number of requests that had been sent before the cancel.
    private var cancelled = FIFO<(id: UInt64, sent: UInt64)>()
    /// How many requests were ever sent.
    private(set) var sent: UInt64 = 0
    /// How many requests are under way.
    private(set) var count = 0
    /// How many of them are overdue.
    private(set) var overdueCount = 0

    /// Whether an answer is awaited that is not overdue.
    var isAwaiting: Bool { count > overdueCount }

    /// How many requests there was ever room for.
    var slotCount: Int { slots.count }

    /// How many ids wait for the fate of a cancelled request to be known.
    var cancelledCount: Int { cancelled.count }

    /// Enters a request and gives it its id.
    mutating func add(_ request: OutstandingRequest) -> UInt64 {
        let id = freeIDs.popLast() ?? UInt64(slots.count) + 1
        if id > UInt64(slots.count) { slots.append(nil) }
        slots[Int(id) - 1] = request
        slots[Int(id) - 1]?.message.id = id
        slots[Int(id) - 1]?.order = sent
        sent += 1
        count += 1
        return id
    }

    /// Takes out the request that was answered, or returns `nil` where there is none of this id.
    mutating func takeAnswered(_ id: UInt64) -> OutstandingRequest? {
        guard let request = take(id) else { return nil }
        freeIDs.append(id)
        while let first = cancelled.first, first.sent <= request.order {
            _ = cancelled.popFirst()
            freeIDs.append(first.id)
        }
        return request
    }

    /// Takes out a request that is being cancelled.
    mutating func takeCancelled(_ id: UInt64) -> OutstandingRequest? {
        guard let request = take(id) else { return nil }
        cancelled.append((id, sent))
        return request
    }

    /// Marks all requests as overdue, and returns those that were not before.
    mutating func markOverdue() -> [OutstandingRequest] {
        var marked: [OutstandingRequest] = []
        for position in slots.indices {
            guard let request = slots[position], !request.isOverdue else { continue }
            slots[position]?.isOverdue = true
            marked.append(request)
        }
        overdueCount = count
        return marked
    }

    /// Takes back that a request is overdue.
    mutating func markInTime(_ id: UInt64) {
        guard id > 0, id <= UInt64(slots.count), slots[Int(id) - 1]?.isOverdue == true else { return }
        slots[Int(id) - 1]?.isOverdue = false
        overdueCount -= 1
    }

    /// Marks the requests that `isAffected`, and returns those that were not marked before. They stay until they are answered.
    mutating func markObsolete(where isAffected: (OutstandingRequest) -> Bool) -> [OutstandingRequest] {
        var marked: [OutstandingRequest] = []
        for position in slots.indices {
            guard let request = slots[position], !request.isObsolete, isAffected(request) else { continue }
            slots[position]?.isObsolete = true
            marked.append(request)
        }
        return marked
    }

    /// The requests under way, in order of their ids.
    var all: some Sequence<OutstandingRequest> { slots.lazy.compactMap { $0 } }

    private mutating func take(_ id: UInt64) -> OutstandingRequest? {
        guard id > 0, id <= UInt64(slots.count) else { return nil }
        var taken: OutstandingRequest?
        swap(&taken, &slots[Int(id) - 1])
        guard let request = taken else { return nil }
        count -= 1
        if request.isOverdue { overdueCount -= 1 }
        return request
    }
}
