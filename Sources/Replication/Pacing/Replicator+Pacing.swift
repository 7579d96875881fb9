import Bitfield
import MerkleTree

// How much is asked of a peer at a time, and what becomes of a peer that does not answer.

extension Replicator {
    /// Whether a peer answers, is trusted, has our fork, and has room for one more request.
    func canAsk(peerAt position: Int, about tree: TreeHead) -> Bool {
        guard let remote = peers.all[position].remote, remote.isUploading, remote.fork == tree.fork else {
            return false
        }
        return room(peerAt: position, about: tree) > 0
    }

    /// How many more requests a peer may be sent now.
    func room(peerAt position: Int, about tree: TreeHead) -> Int {
        let pace = peers.all[position].pace
        guard !peers.all[position].conduct.isPaused, !peers.all[position].isClosing, pace.backOffEnd == nil,
            overlay.byteCount < limits.uncommittedBytes
        else { return 0 }
        let count = peers.all[position].requests.count
        guard peers.all[position].requests.cancelledCount < limits.cancelledRequestsToPeer else {
            return count == 0 && (!pace.isProbed || pace.probeDue(limits) <= now) ? 1 : 0
        }
        guard !pace.isProbed else { return count == 0 ? 1 : 0 }
        // All peers share the bytes, and each has the fewest for itself.
        let blockByteCount = max(tree.byteLength / max(tree.length, 1), 1)
        let shared = Int(clamping: UInt64(limits.requestedBytes) / blockByteCount) - flights.count
        let own = min(limits.fewestRequestsToPeer, limits.requestsToPeer) - count
        return max(min(pace.window.size - count, max(shared, own)), 0)
    }
}

// MARK: - Timeouts

extension Replicator {
    /// When a peer's time to answer is over, or its time alone.
    func paceDeadline(ofPeerAt position: Int) -> Milliseconds? {
        if peers.all[position].isClosing { return nil }
        let pace = peers.all[position].pace
        if let end = pace.backOffEnd { return end }
        if peers.all[position].requests.isAwaiting { return pace.answerDue(limits) }
        let waitsForProbe =
            peers.all[position].requests.cancelledCount >= limits.cancelledRequestsToPeer && pace.isProbed
        return waitsForProbe && pace.probeDue(limits) > now ? pace.probeDue(limits) : nil
    }

    /// Leaves alone for a while the peers that have not answered in time, and turns to those whose time alone is over.
    mutating func checkPaces(into effects: inout Effects) {
        for position in peers.all.indices where !peers.all[position].isClosing {
            if let end = peers.all[position].pace.backOffEnd {
                if end <= now { endBackOff(peerAt: position, into: &effects) }
            } else if peers.all[position].requests.isAwaiting,
                peers.all[position].pace.answerDue(limits) <= now
            {
                timeOut(peerAt: position, into: &effects)
            }
        }
    }

    /// Lets others be asked for what a peer has not answered in time. If its answers come after all, they are taken.
    private mutating func timeOut(peerAt position: Int, into effects: inout Effects) {
        let id = peers.all[position].id
        peers.all[position].pace.timedOut(now: now, limits: limits)
        peers.all[position].checksIdleness = true
        let overdue = peers.all[position].requests.markOverdue()
        for request in overdue {
            peers.all[position].isNotAwaited(request)
            abandon(request, to: id)
        }
        count(peerAt: position) { $0.timeouts += 1 }
        effects.append(.event(.timedOut(id, requestCount: overdue.count { !$0.isObsolete })))
    }

    private mutating func endBackOff(peerAt position: Int, into effects: inout Effects) {
        peers.all[position].pace.endBackOff()
        // What it has not answered is asked anew, of whoever it may be.
        for request in Array(peers.all[position].requests.all) where request.isOverdue {
            withdraw(request.message.id, fromPeerAt: position, into: &effects)
        }
    }

    /// A peer has answered while it was left alone: what else it was asked counts again, as far as it is still wanted and
    /// nobody else was asked.
    mutating func revive(peerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects) {
        peers.all[position].pace.endBackOff()
        for request in Array(peers.all[position].requests.all) where request.isOverdue {
            let id = request.message.id
            guard !request.isObsolete, let block = request.message.parts.block?.index,
                request.message.parts.upgrade == nil, isFree(block, log: log)
            else {
                withdraw(id, fromPeerAt: position, into: &effects)
                continue
            }
            peers.all[position].requests.markInTime(id)
            peers.all[position].isAwaited(request)
            claims.set(block)
            wants.pending.remove(block)
            flights.add(Flights.Flight(peer: peers.all[position].id, request: id), of: block)
        }
    }

    /// Whether a block is wanted, and neither here nor being asked for.
    private func isFree(_ block: UInt64, log: some LogView & ~Escapable) -> Bool {
        !claims[block] && (wants.blocks[block] != nil || wants.isInRange(block)) && !log.has(block)
    }
}
