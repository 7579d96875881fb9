import Crypto

/// How a core has ended.
enum CoreEnd: Sendable {
    case closed
    case purged
    // Out of line, for it is the rarest end and would have its room in every core that is open.
    indirect case frozen(ConflictProof)

    func error(_ key: CoreKey) -> HypercoreError {
        switch self {
        case .closed: HypercoreError(.closed, key: key, "the log was closed")
        case .purged: HypercoreError(.purged, key: key, "the log was purged from this store")
        case .frozen(let proof):
            HypercoreError(
                .frozen, key: key,
                """
                conflict: a peer has another history of this log, as validly signed as the one that is here: they differ \
                within the first \(proof.length) blocks. The log is frozen for good; what is here can be read when it is \
                opened again
                """)
        }
    }

    /// The last event that subscribers are told.
    var event: CoreEvent? {
        switch self {
        case .closed: nil
        case .purged: .purged
        case .frozen(let proof): .conflict(proof)
        }
    }
}
