/// A request of ours that is under way, and what it was made for.
struct OutstandingRequest {
    /// What was sent; the answer must be of its fork and may hold its parts and no others.
    var message: RequestMessage
    /// The seek that it was made for.
    var seek: WantToken?
    /// Whether its node count relies on the answers to earlier requests, so that it fails if one of those does.
    var reliesOnEarlier = false
    /// How many requests had been sent to the peer before it.
    var order: UInt64 = 0
}
