/// What one peer is being asked about the history of its fork; one thing at a time.
struct ForkQuestion {
    let fork: UInt64
    /// The subtree that is known to differ from ours; `nil` where the head itself was asked.
    let suspect: UInt64?
    let request: UInt64
    let askedAt: Milliseconds
}
