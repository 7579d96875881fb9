/// One peer's requests that wait to be answered: those with a priority first, in the order in which they came
/// (PROTOCOL §7, Answering).
///
/// A request stays in the queue until it is *finished*, so that a cancel, or another request with its id, can still
/// overtake the answer while the proof is being put together.
struct UploadQueue {
    /// A request on its way to being answered.
    struct Ticket: Hashable, Sendable {
        let id: UInt64
        /// Tells apart requests that use the same id one after the other.
        let order: UInt64
    }

    private struct Entry {
        let order: UInt64
        let request: RequestMessage
    }

    private var requests = IndexTable<Entry>()
    private var urgent = FIFO<Ticket>()
    private var normal = FIFO<Ticket>()
    private var arrived: UInt64 = 0

    /// How many requests wait or are being answered.
    var count: Int { requests.count }

    /// Whether a request waits to be taken. It may have been cancelled since.
    var isWaiting: Bool { !urgent.isEmpty || !normal.isEmpty }

    /// How many tickets are queued, those of dropped requests included.
    var waitingTicketCount: Int { urgent.count + normal.count }

    /// Adds a request. One that uses the id of another replaces it.
    mutating func add(_ request: RequestMessage) {
        // No id that large can be sent, and the table has no place for it.
        guard request.id < .max else { return }
        let ticket = Ticket(id: request.id, order: arrived)
        arrived += 1
        requests[request.id] = Entry(order: ticket.order, request: request)
        if request.priority > .normal { urgent.append(ticket) } else { normal.append(ticket) }
        dropObsolete()
    }

    /// Drops a request, wherever it is.
    mutating func cancel(_ id: UInt64) {
        requests[id] = nil
        dropObsolete()
    }

    /// Takes the next request. It must be given back to `finish`.
    mutating func next() -> (Ticket, RequestMessage)? {
        while let ticket = urgent.popFirst() ?? normal.popFirst() {
            if let entry = requests[ticket.id], entry.order == ticket.order { return (ticket, entry.request) }
        }
        return nil
    }

    /// Removes a request that was taken, and returns it; `nil` if it was cancelled or replaced in the meantime.
    mutating func finish(_ ticket: Ticket) -> RequestMessage? {
        guard let entry = requests.removeValue(forKey: ticket.id) else { return nil }
        guard entry.order == ticket.order else {
            requests[ticket.id] = entry
            return nil
        }
        return entry.request
    }

    /// Keeps a flood of requests and cancels from growing the queues: no more than half of them is obsolete.
    private mutating func dropObsolete() {
        guard waitingTicketCount > 2 * requests.count + 64 else { return }
        let requests = requests
        let isObsolete: (Ticket) -> Bool = { requests[$0.id]?.order != $0.order }
        urgent.removeAll(where: isObsolete)
        normal.removeAll(where: isObsolete)
    }
}
