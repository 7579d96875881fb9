import Bitfield
import MerkleTree

// A longer log is fetched before its blocks, from one peer at a time (PROTOCOL §7, Sync and upgrades).

extension Replicator {
    /// Whether a longer log is of use to anybody here.
    func wantsUpgrade(over tree: TreeHead) -> Bool {
        configuration.upgradesEagerly || !wants.updates.isEmpty
            || wants.pending.overlaps(tree.length..<UInt64.max)
            || wants.nodes.contains { !tree.covers($0.index) }
            || wants.ranges.contains { $0.range.bounds.upperBound > tree.length }
            || wants.seeks.contains { !$0.isAsked && $0.span == nil }
    }

    /// Asks the peer with the longest log for it, if no peer is being asked.
    mutating func requestUpgrade(to tree: TreeHead, log: some LogView & ~Escapable, into effects: inout Effects) {
        guard upgradingPeer == nil, wantsUpgrade(over: tree) else { return }
        var best: (position: Int, length: UInt64)?
        for position in peers.all.indices where canUpgradeUs(peerAt: position, from: tree) {
            let length = peers.all[position].remote?.length ?? 0
            if length > best?.length ?? 0, canAsk(peerAt: position, about: tree) { best = (position, length) }
        }
        guard let best else { return }
        upgradingPeer = peers.all[best.position].id
        var parts = ProofRequest(
            upgrade: ProofRequest.Upgrade(start: tree.length, length: best.length - tree.length))
        let last = best.length - 1
        let fetchesLast =
            wants.updates.contains(where: \.fetchesLastBlock) && !claims[last] && peers.all[best.position].haves[last]
        // Its path ends in nodes of the upgrade, so that none has to be asked for.
        if fetchesLast { parts.block = ProofRequest.Node(index: last, nodes: 0) }
        let message = RequestMessage(id: 0, fork: tree.fork, parts: parts)
        let id = send(
            OutstandingRequest(message: message, discards: discards), toPeerAt: best.position, log: log, into: &effects)
        guard fetchesLast else { return }
        claims.set(last)
        wants.pending.remove(last)
        flights.add(Flights.Flight(peer: peers.all[best.position].id, request: id), of: last)
    }

    /// Whether a peer has said that it can lift us from our length to a larger one.
    private func canUpgradeUs(peerAt position: Int, from tree: TreeHead) -> Bool {
        guard let remote = peers.all[position].remote, remote.fork == tree.fork, remote.length > tree.length else {
            return false
        }
        return remote.canUpgrade && remote.remoteLength == tree.length
    }

    /// Ends what waits for a longer log, if there is one, or if it is certain that no open peer has any.
    mutating func finishUpdates(log: some LogView & ~Escapable, into effects: inout Effects) {
        let hasGrown = wants.hasGrown
        wants.hasGrown = false
        guard !wants.updates.isEmpty else { return }
        let isSettled =
            !hasGrown && overlay.head == nil && !isLookingIntoForks
            && (configuration.isPushOnly || !configuration.expectsPeers && isUpToDate(with: log))
        guard hasGrown || isSettled else { return }
        for want in wants.updates where hasGrown || !want.waits {
            finish(want.token, .updated(hasGrown), into: &effects)
        }
        wants.removeEnded()
    }

    /// Whether no open peer has a longer log of our fork, or one that we cannot get.
    private func isUpToDate(with log: some LogView & ~Escapable) -> Bool {
        let tree = verifiedTree(log)
        guard upgradingPeer == nil else { return false }
        return peers.all.allSatisfy { peer in
            // One that does not answer may have more, but nobody gets it.
            guard !peer.conduct.isPaused, !peer.isClosing, peer.pace.timeoutsInARow == 0 else { return true }
            guard let remote = peer.remote else { return false }
            guard remote.fork == tree.fork, remote.length > tree.length, remote.isUploading else { return true }
            // It has not acknowledged our length yet, and may still find that it can lift us.
            return remote.remoteLength == tree.length && !remote.canUpgrade
        }
    }
}
