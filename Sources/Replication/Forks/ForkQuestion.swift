/// What one peer is being asked about the history of its fork; one thing at a time.
struct ForkQuestion {
    /// What can be asked.
    enum Subject: Equatable {
        /// The head, with the whole tree.
        case head
        /// A path through the subtree that is known to differ from ours.
        case suspect(UInt64)
    }

    let fork: UInt64
    let request: UInt64
    let askedAt: Milliseconds
}
