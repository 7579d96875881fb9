// A channel over which neither side downloads is closed, and opened again when one does (PROTOCOL §7, Idling).

extension Replicator {
    /// Whether a peer's channel serves nobody: neither side wants blocks, and nothing that was asked is to be answered yet, be it
    /// about a longer log, a higher fork or a conflict. The driver may close it.
    public func isIdle(_ peer: PeerID) -> Bool {
        peers.position(of: peer).map { isFrozen || isIdle(peerAt: $0) } ?? false
    }

    /// Whether peers are told that this side wants blocks. If so, a channel that is not open is worth opening.
    public var isDownloading: Bool { !isFrozen && idleness.isDownloading }

    private func isIdle(peerAt position: Int) -> Bool {
        !idleness.isDownloading && peers.all[position].remote?.isDownloading == false
            && !peers.all[position].requests.isAwaiting && !peers.all[position].conduct.owesTree
    }

    /// Notes whether anything is wanted here, and lets peers be told.
    mutating func updateIdleness(into effects: inout Effects) {
        let wasDownloading = idleness.isDownloading
        var generator = generator
        let linger = limits.shortestLinger...max(limits.shortestLinger, limits.longestLinger)
        let hasChanged = idleness.update(
            wants: configuration.isDownloading || wants.count > 0, isBusy: isBusy, now: now,
            linger: { Milliseconds.random(in: linger, using: &generator) })
        self.generator = generator
        guard hasChanged else { return }
        if idleness.isDownloading != wasDownloading || configuration.allowsPush { oweSyncToAll() }
        guard idleness.isDownloading != wasDownloading else { return }
        if wasDownloading {
            for position in peers.all.indices { peers.all[position].checksIdleness = true }
        } else {
            effects.append(.channelsWanted)
        }
    }

    /// Tells the driver of channels that may be closed. Comes after the syncs that say so to the peers, and after what they are
    /// asked all the same.
    mutating func reportIdle(into effects: inout Effects) {
        for position in peers.all.indices where peers.all[position].checksIdleness {
            peers.all[position].checksIdleness = false
            if isIdle(peerAt: position) { effects.append(.channelIdle(peers.all[position].id)) }
        }
    }

    /// Whether something is under way that would be lost with the channels.
    private var isBusy: Bool { isLookingIntoForks || peers.all.indices.contains { peers.all[$0].requests.count > 0 } }

    /// When peers are told that nothing is wanted here any more.
    var lingerDeadline: Milliseconds? {
        guard let end = idleness.lingerEnd else { return nil }
        // With requests under way it is their end that counts.
        return end > now || !isBusy ? end : nil
    }

    /// Whether a channel that the peer has closed is to be opened again: it took us for idle, and we are not.
    func reopens(_ peer: Peer) -> Bool {
        guard !isFrozen, let remote = peer.remote else { return false }
        return idleness.isWanting && !remote.isDownloading && remote.isUploading
    }
}
