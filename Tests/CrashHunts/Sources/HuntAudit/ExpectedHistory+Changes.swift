import HuntWorkload

// What was there before, and what was acknowledged since, is there unless something acknowledged or under way took it away;
// and what was taken away is gone.

extension ExpectedHistory {
    mutating func requireWhatWasThere() {
        for core in base.cores.values {
            guard found.cores[core.key] != nil || timeline.mayBeCut(0, of: core.key, since: Timeline.past) else {
                report(.acknowledged, "core \(core.name ?? core.key) is gone")
                continue
            }
            for (index, block) in core.blocks {
                require(block, at: index, of: core.key, since: Timeline.past)
            }
        }
    }

    mutating func requireChanges(to core: String) {
        for entry in timeline.changes[core, default: []] {
            switch entry.change {
            case .append(_, let firstPart, let count, let length?) where entry.acknowledged != nil:
                requireAppend(entry, firstPart, count, length)
            case .truncate(_, let length) where hasHappened(entry):
                requireGone(length..<(.max), of: core, by: entry, "cut off")
            case .clear(_, let range) where hasHappened(entry):
                requireGone(range, of: core, by: entry, "cleared")
            case .store(_, let range) where entry.acknowledged != nil:
                for index in range { require(.ofSource(at: index), at: index, of: core, since: entry.began) }
            case .purge where entry.acknowledged != nil:
                if found.cores[core] != nil { report(.acknowledged, "core \(core), which was purged, is there") }
            default:
                break
            }
        }
    }

    private mutating func requireAppend(_ entry: Timeline.Entry, _ firstPart: Int, _ count: Int, _ length: UInt64) {
        for offset in 0..<count {
            let index = length - UInt64(count) + UInt64(offset)
            let core = entry.change.core
            let there = found.cores[core]?.blocks[index]
            if let there, there.operation == entry.operation, there.part == UInt32(firstPart + offset) { continue }
            requireLost(
                there, at: index, of: core, since: entry.began,
                "part \(firstPart + offset) of operation \(entry.operation)")
        }
    }

    private mutating func require(_ block: BlockContent, at index: UInt64, of core: String, since moment: Int) {
        let there = found.cores[core]?.blocks[index]
        guard there != block else { return }
        requireLost(there, at: index, of: core, since: moment, words(block))
    }

    /// Requires a reason for which a block is not where it was.
    private mutating func requireLost(
        _ there: BlockContent?, at index: UInt64, of core: String, since moment: Int, _ what: String
    ) {
        if timeline.mayBeCut(index, of: core, since: moment) { return }
        if there == nil, timeline.mayBeCleared(index, of: core, since: moment) { return }
        report(.acknowledged, "\(what), block \(index) of \(core), is \(words(there))")
    }

    /// Whether a change has happened: it was acknowledged, or something else of the same operation is there.
    private func hasHappened(_ entry: Timeline.Entry) -> Bool {
        entry.acknowledged != nil
            || found.cores.values.contains { core in
                core.blocks.values.contains { $0.operation == entry.operation }
            }
    }

    /// Nothing that was there before the change began may be left in `range`.
    private mutating func requireGone(_ range: Range<UInt64>, of core: String, by entry: Timeline.Entry, _ how: String)
    {
        for (index, block) in found.cores[core]?.blocks ?? [:] where range.contains(index) {
            let wasThere =
                base.cores[core]?.blocks[index] == block
                || timeline.appendAcknowledged(block.operation, to: core).map { $0 < entry.began } ?? false
            guard wasThere, !mayBeStoredAgain(index, of: core, since: entry.began) else { continue }
            report(
                .acknowledged,
                "\(words(block)), block \(index) of \(core), was \(how) by operation \(entry.operation) and is there")
        }
    }

    /// Whether a download may have brought a block back.
    private func mayBeStoredAgain(_ index: UInt64, of core: String, since moment: Int) -> Bool {
        timeline.changes[core, default: []].contains { entry in
            guard case .store(_, let range) = entry.change else { return false }
            return range.contains(index) && !entry.wasOver(at: moment)
        }
    }
}

// MARK: - Forks and user data

extension ExpectedHistory {
    /// Each truncation begins one fork.
    mutating func requireForks() {
        for core in found.cores.values where core.name != nil {
            let cuts = timeline.changes[core.key, default: []].filter { entry in
                if case .truncate = entry.change { true } else { false }
            }
            let before = base.cores[core.key]?.fork ?? 0
            let least = before + UInt64(cuts.count { $0.acknowledged != nil })
            let most = before + UInt64(cuts.count)
            if !(least...most).contains(core.fork) {
                report(.acknowledged, "\(core.name ?? "") is at fork \(core.fork), not at \(least) to \(most)")
            }
        }
    }

    /// Under each key is what was kept last, or what was about to be.
    mutating func requireKept() {
        var expected: [String: [String: Set<OperationID?>]] = [:]
        for core in base.cores.values {
            for (key, operation) in core.kept { expected[core.key, default: [:]][key] = [operation] }
        }
        for (core, entries) in timeline.changes {
            for entry in entries {
                guard case .keep(_, let key) = entry.change else { continue }
                if entry.acknowledged != nil {
                    expected[core, default: [:]][key] = [entry.operation]
                } else {
                    expected[core, default: [:]][key, default: [nil]].insert(entry.operation)
                }
            }
        }
        for (core, keys) in expected {
            for (key, operations) in keys where !operations.contains(found.cores[core]?.kept[key]) {
                report(
                    .acknowledged,
                    "under \(key) of \(core) is \(found.cores[core]?.kept[key]?.description ?? "nothing"), not "
                        + operations.map { $0?.description ?? "nothing" }.sorted().joined(separator: " or "))
            }
        }
    }
}
