import HypercoreStorage

/// What snapshots still read of a log: it may not be swept, although the log itself no longer refers to it.
struct SpanLeases: Sendable {
    private struct Lease {
        let spans: Spans
        let length: UInt64
    }

    private var leases: [UInt64: Lease] = [:]
    private var nextID: UInt64 = 0

    /// How many snapshots there are.
    var count: Int { leases.count }

    /// Keeps what `head` refers to.
    ///
    /// - Returns: what ``release(_:)`` takes.
    mutating func keep(_ head: HeadRecord) -> UInt64 {
        nextID += 1
        leases[nextID] = Lease(spans: head.spans, length: head.length)
        return nextID
    }

    mutating func release(_ id: UInt64) {
        leases[id] = nil
    }

    /// Where the blocks end that a snapshot reads of `tail`; 0 where none does.
    func end(in tail: GenerationTail) -> UInt64 {
        leases.values.reduce(0) { max($0, $1.spans.end(in: tail, length: $1.length)) }
    }
}
