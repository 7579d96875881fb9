import Manifest
import MerkleTree

// Each side tells the other its length, and what it knows of the other's (PROTOCOL §7, Sync and upgrades).

extension Replicator {
    /// Takes note of a peer's state.
    mutating func receive(_ sync: SyncMessage, fromPeerAt position: Int, log: some LogView & ~Escapable) {
        if peers.all[position].remote?.fork != sync.fork { peers.all[position].pushes.removeAll() }
        peers.all[position].remote = sync
        peers.all[position].checksUpgrade = true
        peers.all[position].checksIdleness = true
        lookForHotSwaps()
        let tree = log.head.tree
        // The acknowledgement of its length, without which it never asks for more.
        if sync.fork == tree.fork, sync.length < tree.length { peers.all[position].owesSync = true }
    }

    /// Lets the next flush tell every peer how we stand.
    mutating func oweSyncToAll() {
        for position in peers.all.indices {
            peers.all[position].owesSync = true
            peers.all[position].checksUpgrade = true
        }
    }

    /// Lets the next flush look again at the peers that we could not lift: by now there may be more nodes here.
    mutating func checkUpgradesAgain() {
        for position in peers.all.indices where !peers.all[position].canUpgrade {
            peers.all[position].checksUpgrade = true
        }
    }

    /// Sends the syncs that are owed.
    mutating func synchronize(log: some LogView & ~Escapable, into effects: inout Effects) {
        for position in peers.all.indices {
            if peers.all[position].checksUpgrade {
                peers.all[position].checksUpgrade = false
                checkUpgrade(ofPeerAt: position, log: log, into: &effects)
            }
            if peers.all[position].owesSync { sendSync(toPeerAt: position, log: log, into: &effects) }
        }
    }

    mutating func sendSync(toPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects) {
        let tree = log.head.tree
        let remote = peers.all[position].remote
        peers.all[position].owesSync = false
        let sync = SyncMessage(
            fork: tree.fork, length: tree.length, remoteLength: remote?.fork == tree.fork ? remote?.length ?? 0 : 0,
            canUpgrade: peers.all[position].canUpgrade, isUploading: true,
            isDownloading: idleness.isDownloading,
            hasManifest: log.authority.map { !$0.isCompat } ?? false,
            allowsPush: configuration.allowsPush && idleness.isWanting)
        effects.send(.sync(sync), to: peers.all[position].id)
    }

    /// Finds out whether we can lift a peer to our length: we must know the roots of its own.
    private mutating func checkUpgrade(
        ofPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard let remote = peers.all[position].remote else { return }
        let tree = log.head.tree
        var canUpgrade = false
        if remote.fork != tree.fork {
            peers.all[position].provenLength = 0
        } else if remote.length < tree.length {
            do {
                let known = try log.lengthUnderKnownRoots(ofLength: remote.length)
                canUpgrade = known == remote.length
                peers.all[position].provenLength = max(peers.all[position].provenLength, known)
            } catch {
                effects.append(.event(.storageFailed(error)))
            }
        }
        guard canUpgrade != peers.all[position].canUpgrade else { return }
        peers.all[position].canUpgrade = canUpgrade
        if canUpgrade { peers.all[position].owesSync = true }
    }
}

extension LogView where Self: ~Escapable {
    /// How many of the log's first `length` blocks lie under those of that length's roots that are stored.
    ///
    /// The stored ones come first: whoever has a node from under a later root has it from a proof, of which every root before
    /// that one is a part.
    fileprivate func lengthUnderKnownRoots(ofLength length: UInt64) throws -> UInt64 {
        guard length <= head.tree.length else { return 0 }
        var known: UInt64 = 0
        for root in FlatTree.roots(ofLength: length) {
            guard try node(at: root) != nil else { break }
            known = FlatTree.blocks(under: root).upperBound
        }
        return known
    }
}
