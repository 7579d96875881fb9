import Bitfield

// What peers can make the machine keep. Counted by elements, each at about what it takes with its share of a collection's
// spare room; nothing here has to be exact, and nothing is looked at twice.

extension Replicator {
    /// About how many bytes are kept because of peers.
    var approximateByteCount: Int {
        let shared = overlay.byteCount + flights.count * 64 + forks.nodeCount * 64
        return peers.all.reduce(shared) { $0 + $1.approximateByteCount }
    }
}

extension Peer {
    fileprivate var approximateByteCount: Int {
        let asked = requests.slotCount * 320 + requests.cancelledCount * 32
        let waiting = uploads.count * 320 + uploads.waitingTicketCount * 32 + refusals.count * 48
        let wanted = wants.count * 48 + windowsToAnswer.count * 32 + windows.count * 48
        return asked + waiting + wanted + pushes.count * 16 + haves.segmentCount * 4160 + 4096
    }
}

extension ReplicationLimits {
    /// About how many bytes one peer can make the replicator keep, whatever it sends. On top come, for all peers together, what
    /// was verified and is not stored yet (``uncommittedBytes``), and the paths by which ``forkCandidates`` signed histories are
    /// compared with ours, less than 200 KiB each.
    public var bytesOfPeer: Int {
        // Ids of requests that were taken back come to no more than are under way, and the probes after them.
        let asked = (2 * requestsToPeer + cancelledRequestsToPeer) * 416
        // Of the tickets in a queue at most half are obsolete.
        let waiting = requestsFromPeer * 416 + min(invalidRequests, requestsFromPeer) * 48
        let wanted =
            (windowsWantedByPeer + anyRangesWantedByPeer) * 48 + windowsToAnswer * 32 + windowsWanted * 48
        return asked + waiting + wanted + pushesToPeer * 16 + remotePages * 4160 + 8192
    }
}
