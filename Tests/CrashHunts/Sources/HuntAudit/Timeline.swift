import HuntWorkload

/// The changes that a writer told of, with their moments: places in its journal.
struct Timeline {
    /// A change that was begun; it may have happened.
    struct Entry {
        let operation: OperationID
        var change: Change
        let began: Int
        /// When it was acknowledged, if it was: then it has happened.
        var acknowledged: Int?

        /// Whether it had certainly happened, and was over, at `moment`.
        func wasOver(at moment: Int) -> Bool { acknowledged.map { $0 < moment } ?? false }
    }

    /// By the log they are about.
    private(set) var changes: [String: [Entry]] = [:]
    /// The appends, by the operations that they are part of.
    private var appends: [OperationID: [Entry]] = [:]
    /// Operations of which the store said that it did nothing.
    private(set) var declined: Set<OperationID> = []

    /// Before everything that was told.
    static let past = -1

    init(_ entries: [JournalEntry]) {
        for case .declined(let operation) in entries { declined.insert(operation) }
        for (moment, entry) in entries.enumerated() {
            switch entry {
            case .began(let operation, let change):
                guard !declined.contains(operation) else { continue }
                changes[change.core, default: []].append(Entry(operation: operation, change: change, began: moment))
            case .acknowledged(let operation, let change):
                acknowledge(operation, change, at: moment)
            default: continue
            }
        }
        for entry in changes.values.joined() {
            if case .append = entry.change { appends[entry.operation, default: []].append(entry) }
        }
    }

    private mutating func acknowledge(_ operation: OperationID, _ change: Change, at moment: Int) {
        let position = changes[change.core]?.lastIndex {
            $0.operation == operation && $0.acknowledged == nil && $0.change.isBeginning(of: change)
        }
        if let position {
            changes[change.core]?[position].change = change
            changes[change.core]?[position].acknowledged = moment
        } else {
            changes[change.core, default: []].append(
                Entry(operation: operation, change: change, began: moment, acknowledged: moment))
        }
    }
}

extension Change {
    /// Whether this is what was told when `other` was begun.
    fileprivate func isBeginning(of other: Change) -> Bool {
        guard case .append(let core, let firstPart, let count, nil) = self,
            case .append(core, firstPart, count, _) = other
        else { return self == other }
        return true
    }
}

// MARK: - Asking

extension Timeline {
    /// Whether a block that was at `index` of a log, from `moment` on or earlier, may have been cut off since.
    func mayBeCut(_ index: UInt64, of core: String, since moment: Int) -> Bool {
        changes[core, default: []].contains { entry in
            switch entry.change {
            case .truncate(_, let length): length <= index && !entry.wasOver(at: moment)
            case .purge: true
            default: false
            }
        }
    }

    /// Whether such a block may have been cleared since.
    func mayBeCleared(_ index: UInt64, of core: String, since moment: Int) -> Bool {
        changes[core, default: []].contains { entry in
            guard case .clear(_, let range) = entry.change else { return false }
            return range.contains(index) && !entry.wasOver(at: moment)
        }
    }

    /// Whether any block of a log may have been cut off or cleared since.
    func mayHaveLost(_ core: String, since moment: Int) -> Bool {
        changes[core, default: []].contains { entry in
            switch entry.change {
            case .truncate, .clear, .purge: !entry.wasOver(at: moment)
            default: false
            }
        }
    }

    /// When an append to a log was acknowledged.
    func appendAcknowledged(_ operation: OperationID, to core: String) -> Int? {
        appends[operation, default: []].first { $0.change.core == core }?.acknowledged
    }

    /// The append that wrote a part of an operation.
    func append(of part: Int, of operation: OperationID) -> Entry? {
        appends[operation, default: []].first { entry in
            guard case .append(_, let firstPart, let count, _) = entry.change else { return false }
            return (firstPart..<firstPart + count).contains(part)
        }
    }
}
