extension Replicator {
    /// What is known of a peer, and what has happened with it; `nil` if it is not open.
    public func statistics(of peer: PeerID) -> PeerStatistics? {
        peers.position(of: peer).map { position in
            let peer = peers.all[position]
            return PeerStatistics(
                counters: peer.counters, status: peer.status, roundTripMilliseconds: peer.pace.roundTrip.smoothed,
                window: peer.pace.window.size)
        }
    }

    /// Counts a message of an extension, which the driver sends by itself.
    public mutating func extensionSent(to peer: PeerID) {
        if let position = peers.position(of: peer) { count(peerAt: position) { $0.sent[.extension] += 1 } }
    }

    /// Counts for one peer and in total.
    mutating func count(peerAt position: Int, _ change: (inout ReplicationCounters) -> Void) {
        change(&peers.all[position].counters)
        change(&statistics)
    }

    /// Counts the messages that this call has handed out. Called where a turn ends, so that nothing that sends has to count.
    mutating func countSent(_ effects: inout Effects) {
        effects.forEachUncounted { peer, kind in
            statistics.sent[kind] += 1
            if let position = peers.position(of: peer) { peers.all[position].counters.sent[kind] += 1 }
        }
    }
}
