import HypercoreStorage

/// Whether a core's history is in question; touched only under the core's lock.
struct HistoryTrust: Sendable {
    /// What is stored, or about to be.
    private(set) var record: TrustRecord
    /// The doubt that the store is in.
    private(set) var doubt: DoubtRecord?
    /// Counts the times that a peer showed a longer log, so that what was queued before does not undo the stop.
    private(set) var overtakings: UInt64 = 0
    /// Whether `record` still has to be stored, because storing it has failed.
    var isUnstored = false

    /// Whether two signed histories of the log are known.
    let isFrozen: Bool

    init(_ record: TrustRecord = TrustRecord(), doubt: DoubtRecord? = nil, isFrozen: Bool = false) {
        self.record = record
        self.doubt = doubt
        self.isFrozen = isFrozen
    }

    /// Why nothing may be appended.
    var stop: AppendingStop? {
        if isFrozen { return .frozen }
        if record.isOvertaken { return .overtaken }
        guard let doubt, doubt.concerns(confirmedEpoch: record.confirmedEpoch) else { return nil }
        return AppendingStop(doubt.reason)
    }

    /// Whether a peer that has the log can end the stop.
    var awaitsWitness: Bool { stop != nil && !record.isOvertaken && !isFrozen }

    /// The record of a core whose history is known to be whole.
    var confirmed: TrustRecord { TrustRecord(confirmedEpoch: doubt?.epoch ?? record.confirmedEpoch) }

    /// A peer has shown a longer log.
    mutating func overtake() {
        overtakings += 1
        record.isOvertaken = true
    }

    /// A record is stored that was queued after so many overtakings. A later one has the last word.
    mutating func adopt(_ record: TrustRecord, after overtakings: UInt64) {
        guard overtakings == self.overtakings else { return }
        self.record = record
    }

    /// The store's doubt was settled for all its logs.
    mutating func settleDoubt() {
        doubt = nil
    }
}
