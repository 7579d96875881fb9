/// A request of ours that is under way, and what it was made for.
struct OutstandingRequest {
    /// What was sent; the answer must be of its fork and may hold its parts and no others.
    var message: RequestMessage
    /// The seek that it was made for.
    var seek: WantToken?
    /// Whether it is a question about a higher fork.
    var isAboutFork = false
    /// Whether the log has moved to another fork since. What it was made for is free, and its answer is of no interest.
    var isObsolete = false
    /// Whether it counts on nodes that the answers to earlier requests bring.
    var reliesOnEarlier = false
    /// How often what was verified and not stored had been forgotten when it was made. If that happened since, its answer
    /// may lead to nodes that are not known any more.
    var discards: UInt64 = 0
    /// How many requests had been sent to the peer before it.
    var order: UInt64 = 0
}
