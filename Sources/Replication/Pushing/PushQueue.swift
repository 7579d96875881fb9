/// Blocks that are to be pushed to one peer, and how much of the tree was.
struct PushQueue {
    private var blocks = FIFO<UInt64>()
    /// The length that the peer has or will have once it has got what was pushed.
    var pushedLength: UInt64 = 0

    var isEmpty: Bool { blocks.isEmpty }

    var count: Int { blocks.count }

    /// Adds a block; beyond `limit` it is dropped, and the peer will have to ask for it.
    mutating func add(_ block: UInt64, limit: Int) {
        if blocks.count < limit { blocks.append(block) }
    }

    mutating func next() -> UInt64? { blocks.popFirst() }

    /// Forgets what is to be pushed and what was: the log was cut back.
    mutating func removeAll() { self = PushQueue() }
}
