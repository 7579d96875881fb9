import MerkleTree

/// The histories of higher forks that are looked into, and the one that is being taken over.
struct Forks {
    /// In ascending order of their forks, which are all different.
    private(set) var candidates: [ForkCandidate] = []
    /// What was handed out to be stored and whose fate is not known.
    private var outstanding: (id: CommitID, reorganization: Reorganization)?

    /// When time alone may get something on, as of the last flush.
    var deadline: Milliseconds?

    /// Whether the log is about to be moved to another fork.
    var isMoving: Bool { outstanding != nil }

    /// Whether no higher fork is known of, nor waited for.
    var isIdle: Bool { candidates.isEmpty && outstanding == nil && deadline == nil }

    /// Nodes that are kept for the searches.
    var nodeCount: Int { candidates.reduce(0) { $0 + ($1.search?.nodes.count ?? 0) } }

    func position(of fork: UInt64) -> Int? { candidates.firstIndex { $0.fork == fork } }

    /// Whether a fork would stay if it was added, or is there already.
    func hasRoom(for fork: UInt64, limit: Int) -> Bool {
        candidates.count < limit || fork >= candidates.first?.fork ?? 0
    }

    /// Adds one of a new fork. Where there are too many, the lowest goes: a higher one supersedes it anyway.
    mutating func add(_ candidate: ForkCandidate, limit: Int) {
        let position = candidates.firstIndex { $0.fork > candidate.fork } ?? candidates.count
        candidates.insert(candidate, at: position)
        if candidates.count > limit { candidates.removeFirst() }
    }

    /// Forgets those that are not above the log's own fork.
    mutating func removeAll(upTo fork: UInt64) {
        candidates.removeAll { $0.fork <= fork }
    }

    /// Begins or continues all searches.
    mutating func compare(with log: some LogView & ~Escapable, now: Milliseconds) throws {
        for position in candidates.indices {
            try candidates[position].compare(with: log, now: now)
        }
    }

    /// Takes the answer to the question of the candidate at `position`.
    mutating func receive(_ answer: Proof.Hash, at position: Int, log: some LogView & ~Escapable) throws {
        try candidates[position].receive(answer, log: log)
    }

    mutating func handOut(_ reorganization: Reorganization, as id: CommitID) {
        outstanding = (id, reorganization)
    }

    /// Takes back what was handed out; `nil` where that was something else.
    mutating func takeHandedOut(_ id: CommitID) -> Reorganization? {
        guard let handedOut = outstanding, handedOut.id == id else { return nil }
        outstanding = nil
        return handedOut.reorganization
    }

    /// Forgets a candidate that could not be stored: if it still matters, a peer is asked for it again.
    mutating func remove(_ fork: UInt64) {
        candidates.removeAll { $0.fork == fork }
    }
}
