import MerkleTree

extension Replicator {
    /// Takes note of what happened to the log other than through a commit; `log` shows it already.
    public mutating func localChanged(
        _ change: LocalChange, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard !isFrozen else { return }
        switch change {
        case .appended(let oldLength):
            let appended = oldLength..<max(oldLength, log.head.tree.length)
            announce(appended, log: log, into: &effects)
            oweSyncToAll()
            finishBlocks(in: appended, log: log, into: &effects)
            pushAppended(appended, log: log, into: &effects)
            wants.hasGrown = true
            recountProgress()
            lookForNodes()
        case .truncated(let oldLength):
            leaveFork(keeping: min(log.head.tree.length, oldLength), of: oldLength, log: log, into: &effects)
        case .cleared(let blocks):
            announceDrop(blocks, into: &effects)
            recountProgress()
            searchAgain(from: blocks.lowerBound)
        case .upgraded:
            oweSyncToAll()
            wants.hasGrown = true
            unknownNodes.forget()
            lookForNodes()
        case .stored(let blocks):
            announce(blocks, log: log, into: &effects)
            checkUpgradesAgain()
            recountProgress()
            unknownNodes.forget()
            lookForNodes()
            finishBlocks(in: blocks, log: log, into: &effects)
        case .manifestSet:
            oweSyncToAll()
        case .repaired:
            discardGathered()
            for position in peers.all.indices { peers.all[position].conduct.absolve() }
        }
        finishStored(log: log, into: &effects)
    }
}
