import HuntWorkload

// What holds of the blocks that are there, whatever was acknowledged.

extension ExpectedHistory {
    /// Every operation with all of its parts, each once, but for those that were cut off or cleared.
    ///
    /// - Parameter isPastKnown: whether nothing that was acknowledged is missing.
    mutating func requireWhole(isPastKnown: Bool = true) {
        let known = operations(in: base)
        for (operation, parts) in operations(in: found) {
            let numbers = parts.map(\.part).sorted()
            if Set(numbers).count < numbers.count {
                report(.once, "operation \(operation) is there more than once: parts \(numbers)")
            }
            if timeline.declined.contains(operation) {
                report(.reported, "operation \(operation) was declined, and parts \(numbers) of it are there")
            }
            // What was there before was judged before.
            guard known[operation] == nil else { continue }
            requireWhole(operation, parts: parts, isPastKnown: isPastKnown)
        }
        if isPastKnown { requireKeptWithBlocks() }
    }

    private func operations(in contents: StoreContents) -> [OperationID: [BlockContent]] {
        var operations: [OperationID: [BlockContent]] = [:]
        for core in contents.cores.values {
            for block in core.blocks.values { operations[block.operation, default: []].append(block) }
        }
        return operations
    }

    private mutating func requireWhole(_ operation: OperationID, parts: [BlockContent], isPastKnown: Bool) {
        let there = Set(parts.map { Int($0.part) })
        let missing = (0..<Int(parts[0].parts)).filter { part in
            guard !there.contains(part) else { return false }
            guard let append = timeline.append(of: part, of: operation) else { return true }
            return !timeline.mayHaveLost(append.change.core, since: isPastKnown ? append.began : Timeline.past)
        }
        guard !missing.isEmpty else { return }
        report(.whole, "of the \(parts[0].parts) parts of operation \(operation), \(missing) are missing")
    }

    /// Of an operation that appends and keeps, both has happened or neither.
    private mutating func requireKeptWithBlocks() {
        let there = operations(in: found)
        for (core, entries) in timeline.changes {
            for entry in entries {
                guard case .keep(_, let key) = entry.change else { continue }
                let isKept = found.cores[core]?.kept[key] == entry.operation
                if isKept, there[entry.operation] == nil, mustHaveBlocks(entry.operation) {
                    report(
                        .whole,
                        "operation \(entry.operation) is kept under \(key) of \(core), and its blocks are missing")
                }
                let isLast = !entries.contains { other in
                    if case .keep(_, key) = other.change { other.began > entry.began } else { false }
                }
                if !isKept, isLast, there[entry.operation] != nil {
                    report(.whole, "blocks of operation \(entry.operation) are there, and it is not kept under \(key)")
                }
            }
        }
    }

    /// Whether an operation, if it has happened, has left at least one block.
    private func mustHaveBlocks(_ operation: OperationID) -> Bool {
        timeline.changes.contains { core, entries in
            entries.contains { entry in
                guard entry.operation == operation, case .append = entry.change else { return false }
                return !timeline.mayHaveLost(core, since: entry.began)
            }
        }
    }

    /// What one task did one after another stands in that order in each log.
    mutating func requireOrder() {
        for core in found.cores.values where core.name != nil {
            var last: [UInt64: BlockContent] = [:]
            for (index, block) in core.blocks.sorted(by: { $0.key < $1.key }) {
                defer { last[block.operation.sequence] = block }
                guard let before = last[block.operation.sequence] else { continue }
                let isInOrder = (before.operation.number, before.part) < (block.operation.number, block.part)
                if !isInOrder { report(.once, "block \(index) of \(core.key) comes after \(before.operation)") }
            }
        }
    }
}
