import MerkleTree

/// A request of ours that is under way, and what it was made for.
struct OutstandingRequest {
    /// What was sent; the answer must be of its fork and may hold its parts and no others.
    var message: RequestMessage
    /// The seek, or the want of a node, that it was made for.
    var want: WantToken?
    /// What it asks about a higher fork, if it is such a question.
    var forkSubject: ForkQuestion.Subject?
    /// Whether the log has moved to another fork since. What it was made for is free, and its answer is of no interest.
    var isObsolete = false
    /// Whether it counts on nodes that the answers to earlier requests bring.
    var reliesOnEarlier = false
    /// How often what was verified and not stored had been forgotten when it was made. If that happened since, its answer
    /// may lead to nodes that are not known any more.
    var discards: UInt64 = 0
    /// How many requests had been sent to the peer before it.
    var order: UInt64 = 0
    /// When it was sent.
    var sentAt: Milliseconds = 0
    /// Whether the time for its answer has passed: what it asks for may be asked of others. The answer is taken if it comes.
    var isOverdue = false

    /// Whether it is a question about a higher fork.
    var isAboutFork: Bool { forkSubject != nil }

    /// Whether it was made for a block, and for nothing else.
    var isForBlockAlone: Bool {
        let parts = message.parts
        return want == nil && parts.block != nil && parts.hash == nil && parts.seek == nil && parts.upgrade == nil
    }

    /// Whether what it was made for still waits for its answer.
    var isCurrent: Bool { !isOverdue && !isObsolete }
}
