import Bitfield
import MerkleTree

// What becomes of a request that comes to nothing: what it was made for is free to be asked again.

extension Replicator {
    /// Makes a block wait to be asked.
    mutating func makePending(_ block: UInt64) {
        wants.pending.insert(block, wants.blocks[block]?.priority ?? .normal)
        for position in peers.all.indices {
            peers.all[position].searches.lowerBlocks(to: block)
        }
    }

    /// Lets all peers be searched again from `block` on.
    mutating func searchAgain(from block: UInt64) {
        for position in peers.all.indices {
            peers.all[position].searches.lower(to: block)
        }
    }

    /// Frees what a request was made for. It is out of its peer's table already, or overdue.
    mutating func abandon(_ request: OutstandingRequest, to peer: PeerID) {
        guard !request.isObsolete else { return }
        if request.isAboutFork { forkQuestionIsOver(request, at: peer) }
        if let block = request.message.parts.block?.index {
            let flight = Flights.Flight(peer: peer, request: request.message.id)
            if flights.remove(flight, of: block) { release(block) }
        }
        if request.message.parts.upgrade != nil, !request.isAboutFork, upgradingPeer == peer { upgradingPeer = nil }
        if request.message.parts.isEmpty, manifestPeer == peer { manifestPeer = nil }
        if let want = request.want { isAnswered(want) }
    }

    private mutating func forkQuestionIsOver(_ request: OutstandingRequest, at peer: PeerID) {
        guard let position = peers.position(of: peer),
            peers.all[position].forkQuestion?.request == request.message.id
        else { return }
        peers.all[position].forkQuestion = nil
    }

    /// Lets a block be asked again.
    mutating func release(_ block: UInt64) {
        claims.clear(block)
        if wants.blocks[block] != nil { makePending(block) }
        if !wants.ranges.isEmpty { searchAgain(from: block) }
    }

    /// Takes back one request.
    mutating func withdraw(_ request: UInt64, fromPeerAt position: Int, into effects: inout Effects) {
        guard let cancelled = takeBack(request, fromPeerAt: position, into: &effects) else { return }
        // What an overdue one was made for was given free when its time had passed.
        if !cancelled.isOverdue { abandon(cancelled, to: peers.all[position].id) }
    }

    /// Takes back all requests to a peer that is not to be asked any more.
    mutating func withdrawAll(fromPeerAt position: Int, into effects: inout Effects) {
        for request in Array(peers.all[position].requests.all) {
            withdraw(request.message.id, fromPeerAt: position, into: &effects)
        }
    }

    /// Takes back the requests for a block that nobody wants any more.
    mutating func withdrawUnlessWanted(_ block: UInt64, into effects: inout Effects) {
        guard flights.contains(block), wants.blocks[block] == nil, !wants.isInRange(block) else { return }
        for flight in flights.removeAll(of: block) { takeBack(flight, into: &effects) }
        release(block)
    }

    /// A block has come: takes back what else was asked of it. From here on the claim stands for what is verified and not
    /// stored.
    mutating func land(_ flight: Flights.Flight, of block: UInt64, into effects: inout Effects) {
        guard let others = flights.land(flight, of: block) else { return }
        for other in others { takeBack(other, into: &effects) }
        // If the answer is late, the block was free in the meantime.
        claims.set(block)
    }

    /// Cancels a request for a block that is not counted as under way any more.
    private mutating func takeBack(_ flight: Flights.Flight, into effects: inout Effects) {
        guard let position = peers.position(of: flight.peer),
            let cancelled = takeBack(flight.request, fromPeerAt: position, into: &effects)
        else { return }
        var rest = cancelled
        rest.message.parts.block = nil
        if !rest.message.parts.isEmpty { abandon(rest, to: flight.peer) }
    }

    private mutating func takeBack(
        _ request: UInt64, fromPeerAt position: Int, into effects: inout Effects
    ) -> OutstandingRequest? {
        guard let cancelled = peers.all[position].requests.takeCancelled(request) else { return nil }
        peers.all[position].isNotAwaited(cancelled)
        effects.send(.cancel(CancelMessage(request: request)), to: peers.all[position].id)
        return cancelled
    }
}

extension Peer {
    /// Notes that the answer to a request will bring nodes that others may rely on.
    mutating func isAwaited(_ request: OutstandingRequest) {
        guard request.message.priority == .normal, let block = request.message.parts.block else { return }
        awaited.add(block: block.index, nodes: block.nodes)
    }

    /// Notes that the answer to a request has come, or never will.
    mutating func isNotAwaited(_ request: OutstandingRequest) {
        guard request.isCurrent, request.message.priority == .normal, let block = request.message.parts.block else {
            return
        }
        awaited.remove(block: block.index, nodes: block.nodes)
    }
}
