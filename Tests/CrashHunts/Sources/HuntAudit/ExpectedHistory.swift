public import HuntWorkload

/// What a store must hold, from what it held when it was audited last and what its writer told since.
///
/// More than that may be there: the writer may have been stopped between a commit and the telling of it.
public struct ExpectedHistory {
    /// What was there before the writer began.
    let base: StoreContents
    let found: StoreContents
    let timeline: Timeline
    private let entries: [JournalEntry]
    private(set) var violations: [Violation] = []

    /// Compares what was found with what must be there.
    public static func violations(
        of found: StoreContents, since base: StoreContents, _ entries: [JournalEntry]
    ) -> [Violation] {
        var history = ExpectedHistory(base: base, entries, found: found)
        history.requireWhatWasThere()
        for core in history.timeline.changes.keys { history.requireChanges(to: core) }
        for entry in entries { history.compare(entry) }
        history.requireForks()
        history.requireKept()
        history.requireWhole()
        history.requireOrder()
        return history.violations
    }

    /// What must hold of a store that may have been rolled back to an earlier state of itself.
    public static func violationsWherePastMayBeMissing(
        of found: StoreContents, since base: StoreContents, _ entries: [JournalEntry]
    ) -> [Violation] {
        var history = ExpectedHistory(base: base, entries, found: found)
        history.requireWhole(isPastKnown: false)
        history.requireOrder()
        return history.violations
    }

    private init(base: StoreContents, _ entries: [JournalEntry], found: StoreContents) {
        self.base = base
        self.entries = entries
        self.found = found
        timeline = Timeline(entries)
    }

    mutating func report(_ invariant: Violation.Invariant, _ detail: String) {
        violations.append(Violation(invariant, detail))
    }

    func words(_ block: BlockContent?) -> String {
        block.map { "part \($0.part) of operation \($0.operation)" } ?? "missing"
    }
}

extension ExpectedHistory {
    private mutating func compare(_ entry: JournalEntry) {
        switch entry {
        case .created(let core, let name):
            let isPurged = timeline.mayBeCut(0, of: core, since: Timeline.past) && found.cores[core] == nil
            if found.cores[core]?.name != name, !isPurged { report(.acknowledged, "core \(name) (\(core)) is gone") }
        case .told(let core, let fork, let length, let treeHash):
            compareTold(core, fork, length, treeHash)
        case .failed(let operation, let message):
            report(.reported, "operation \(operation) failed: \(message)")
        case .opened, .closed, .began, .acknowledged, .declined:
            break
        }
    }

    private mutating func compareTold(_ core: String, _ fork: UInt64, _ length: UInt64, _ treeHash: String) {
        let words = "a peer was told of length \(length) and fork \(fork) of \(core)"
        guard let now = found.cores[core] else { return report(.told, "\(words), which is gone") }
        guard fork <= now.fork else { return report(.told, "\(words), and the store is at fork \(now.fork)") }
        guard fork == now.fork else { return }
        guard length <= now.length else { return report(.told, "\(words), and the store has \(now.length)") }
        if now.treeHash(atLength: length) != treeHash {
            report(.told, "\(words), and what is stored has another tree hash there")
        }
    }
}
