/// Invalid requests of one peer, each waiting for the time at which it is refused.
///
/// A peer that asks for the impossible is made to wait, longer the more often it does (PROTOCOL §7, Answering).
struct RefusalQueue {
    private var waiting = FIFO<(ticket: UploadQueue.Ticket, due: Milliseconds)>()
    /// How many requests of the peer were invalid, ever.
    private(set) var invalidRequests = 0

    /// How many wait.
    var count: Int { waiting.count }

    /// When the next one is due.
    var nextDue: Milliseconds? { waiting.first?.due }

    mutating func add(_ ticket: UploadQueue.Ticket, now: Milliseconds) {
        invalidRequests += 1
        let delay: Milliseconds =
            switch invalidRequests {
            case ..<2: 200
            case ..<5: 500
            case ..<40: 1000
            default: 5000
            }
        waiting.append((ticket, now + delay))
    }

    /// Takes the next one that is due.
    mutating func popDue(now: Milliseconds) -> UploadQueue.Ticket? {
        guard let due = nextDue, due <= now else { return nil }
        return waiting.popFirst()?.ticket
    }
}
