import Bitfield
import MerkleTree

extension Replicator {
    /// Hands out what is verified to be stored, if nothing is being stored.
    mutating func handOutBatch(log: some LogView & ~Escapable, into effects: inout Effects) {
        let id = CommitID(rawValue: nextCommit)
        guard let batch = overlay.takeBatch(id, over: log.head.tree) else { return }
        nextCommit += 1
        effects.append(.commit(id, batch))
    }

    /// The id of something that is stored in the place of a batch.
    mutating func nextCommitID() -> CommitID {
        defer { nextCommit += 1 }
        return CommitID(rawValue: nextCommit)
    }

    /// A batch is stored, and `log` shows it.
    public mutating func committed(
        _ id: CommitID, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard let stored = overlay.commit(id), !isFrozen else { return }
        if let reorganization = forks.takeHandedOut(id) {
            return finish(reorganization, log: log, into: &effects)
        }
        for run in stored.blocks.runs { claims.clear(run) }
        for block in stored.blocks {
            effects.append(.event(.downloaded(block: block.index, byteCount: block.value.count)))
        }
        countProgress(stored.blocks)
        announce(stored.blocks.map(\.index).sorted(), log: log, into: &effects)
        if stored.head != nil || stored.manifest != nil {
            oweSyncToAll()
        } else {
            checkUpgradesAgain()
        }
        if stored.head != nil {
            wants.hasGrown = true
            for position in peers.all.indices { peers.all[position].conduct.sentGoodPush() }
        }
        finishStored(log: log, into: &effects)
    }

    /// A batch could not be stored: it, and all that was verified since, is forgotten and asked for again.
    ///
    /// A driver whose store is out of order closes the peers instead: asking again is for a batch that lost a race, or
    /// that may find room the next time.
    public mutating func failed(_ id: CommitID, into effects: inout Effects) {
        guard let blocks = overlay.fail(id) else { return }
        // It may be that it can never be stored, so it is not tried again as it is: peers are asked for it anew.
        if let reorganization = forks.takeHandedOut(id) { forks.remove(reorganization.head.tree.fork) }
        makeFree(blocks)
    }

    /// Forgets what is verified and not stored.
    mutating func discardUnstored() {
        makeFree(overlay.removeAll())
    }

    /// Forgets what is verified and not yet handed out, and the nodes of late, because they may rest on what was changed.
    mutating func discardGathered() {
        makeFree(overlay.removeGathered())
    }

    /// Lets blocks be asked for again that were verified and are not stored.
    private mutating func makeFree(_ blocks: [UInt64]) {
        discards += 1
        unknownNodes.forget()
        lookForNodes()
        guard let first = blocks.min() else { return }
        for block in blocks {
            claims.clear(block)
        }
        searchAgain(from: first)
    }
}
