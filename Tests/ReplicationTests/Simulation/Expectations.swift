import Bitfield
import Testing

@testable import Replication

extension Network {
    /// That nothing is left over once all wants are met: no claim, no request under way, nothing unstored.
    func expectSettled(sourceLocation: SourceLocation = #_sourceLocation) {
        for core in cores {
            let replicator = core.replicator
            #expect(replicator.claims.isEmpty, "seed \(seed), \(core.name): claims", sourceLocation: sourceLocation)
            #expect(
                replicator.overlay.byteCount == 0, "seed \(seed), \(core.name): unstored",
                sourceLocation: sourceLocation)
            for peer in replicator.peers.all {
                #expect(
                    peer.requests.count == 0, "seed \(seed), \(core.name): requests to \(peer.id)",
                    sourceLocation: sourceLocation)
                #expect(
                    peer.uploads.count == 0, "seed \(seed), \(core.name): requests of \(peer.id)",
                    sourceLocation: sourceLocation)
            }
        }
    }
}

extension TestCore {
    /// How many blocks it has sent.
    var uploadCount: Int {
        events.reduce(0) { count, event in
            if case .uploaded = event { count + 1 } else { count }
        }
    }

    /// What peers sent that did not verify.
    var invalidData: [(peer: PeerID, fault: PeerFault)] {
        events.compactMap { event in
            if case .invalidData(let fault, let peer) = event { (peer, fault) } else { nil }
        }
    }
}

extension TestCore {
    /// What happened with all peers.
    var statistics: ReplicationCounters { replicator.statistics }

    /// What happened with the peer that was connected as the `number`-th of those that are open.
    func statistics(ofPeer number: Int) -> PeerStatistics? {
        let peers = replicator.openPeers.sorted()
        return number < peers.count ? replicator.statistics(of: peers[number]) : nil
    }
}
