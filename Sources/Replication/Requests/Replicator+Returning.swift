import Bitfield
import MerkleTree

// What becomes of a request that comes to nothing: what it was made for is free to be asked again.

extension Replicator {
    /// Makes a block wait to be asked.
    mutating func makePending(_ block: UInt64) {
        wants.blocks[block]?.asked = nil
        wants.pending.insert(block)
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

    /// Frees what a request was made for. It is out of its peer's table already.
    mutating func abandon(_ request: OutstandingRequest, to peer: PeerID) {
        guard !request.isObsolete else { return }
        if request.isAboutFork { forkQuestionIsOver(request, at: peer) }
        if let block = request.message.parts.block?.index { release(block) }
        if request.message.parts.upgrade != nil, !request.isAboutFork, upgradingPeer == peer { upgradingPeer = nil }
        if request.message.parts == ProofRequest(), manifestPeer == peer { manifestPeer = nil }
        if let seek = request.seek { seekIsAnswered(seek) }
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
        guard let cancelled = peers.all[position].requests.takeCancelled(request) else { return }
        peers.all[position].isNotAwaited(cancelled)
        effects.send(.cancel(CancelMessage(request: request)), to: peers.all[position].id)
        abandon(cancelled, to: peers.all[position].id)
    }

    /// Takes back all requests to a peer that is not to be asked any more.
    mutating func withdrawAll(fromPeerAt position: Int, into effects: inout Effects) {
        for request in Array(peers.all[position].requests.all) {
            withdraw(request.message.id, fromPeerAt: position, into: &effects)
        }
    }
}

extension Peer {
    /// Notes that the answer to a request has come, or never will.
    mutating func isNotAwaited(_ request: OutstandingRequest) {
        guard !request.isObsolete, request.message.priority == .normal, let block = request.message.parts.block else {
            return
        }
        awaited.remove(block: block.index, nodes: block.nodes)
    }
}
