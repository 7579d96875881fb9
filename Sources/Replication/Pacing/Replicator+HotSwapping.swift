import Bitfield
import MerkleTree

// A block that a slow peer was asked for is asked of up to two more that have room (PROTOCOL §7, Requesting). The first
// answer counts, and the other requests are cancelled.

extension Replicator {
    /// Lets peers that have nothing else to do take over what others keep waiting.
    mutating func hotSwap(tree: TreeHead, log: some LogView & ~Escapable, into effects: inout Effects) throws {
        guard peers.count > 1, flights.count > 0 else {
            hotSwapDeadline = nil
            return
        }
        guard now >= nextHotSwapLook else { return }
        nextHotSwapLook = now + limits.hotSwapInterval
        hotSwapDeadline = nil
        var look = HotSwapLook(steps: limits.hotSwapSteps)
        for position in peers.all.indices where canTakeOver(peerAt: position, tree: tree) {
            look.findSlow(for: position, in: self, tree: tree)
            // The most urgent, and of these the oldest.
            let slow = look.slow.sorted {
                ($1.message.priority, $0.sentAt, $0.order) < ($0.message.priority, $1.sentAt, $1.order)
            }
            let room = hotSwapRoom(peerAt: position, tree: tree)
            if slow.count > room { look.due = now }
            for waiting in slow.prefix(room) {
                guard let block = waiting.message.parts.block?.index else { continue }
                try request(block, waiting.message.priority, ofPeerAt: position, tree: tree, log: log, into: &effects)
                count(peerAt: position) { $0.hotSwaps += 1 }
            }
        }
        hotSwapDeadline = look.due.map { max($0, nextHotSwapLook) }
    }

    private func canTakeOver(peerAt position: Int, tree: TreeHead) -> Bool {
        canAsk(peerAt: position, about: tree) && hotSwapRoom(peerAt: position, tree: tree) > 0
    }

    /// How many requests a peer may take over: it keeps half of its window for what nobody else was asked.
    private func hotSwapRoom(peerAt position: Int, tree: TreeHead) -> Int {
        let half = max(peers.all[position].pace.window.size / 2, limits.fewestRequestsToPeer)
        return min(half - peers.all[position].requests.count, room(peerAt: position, about: tree))
    }

    /// Lets the next turn look for slow requests: a peer has come, or has come to have more.
    mutating func lookForHotSwaps() { nextHotSwapLook = 0 }
}

/// One look through what is under way.
private struct HotSwapLook {
    /// How many more requests may be looked at.
    var steps: Int
    /// What the peer in question may take over.
    var slow: [OutstandingRequest] = []
    /// When the next request becomes slow.
    var due: Milliseconds?

    /// Finds what the peer at `position` has and others have been asked for long ago.
    mutating func findSlow(for position: Int, in replicator: Replicator, tree: TreeHead) {
        slow = []
        let taker = replicator.peers.all[position]
        let age = taker.pace.hotSwapAge(replicator.limits)
        let end = replicator.askableLength(ofPeerAt: position, tree: tree)
        for other in replicator.peers.all.indices where other != position {
            for request in replicator.peers.all[other].requests.all {
                guard steps > 0 else { return }
                steps -= 1
                guard let block = request.message.parts.block?.index, request.isCurrent,
                    block < end, taker.haves[block],
                    replicator.flights.allows(taker.id, of: block, limit: replicator.limits.requestsOfBlock)
                else { continue }
                if request.sentAt + age <= replicator.now {
                    slow.append(request)
                } else {
                    due = min(due ?? .max, request.sentAt + age)
                }
            }
        }
    }
}
