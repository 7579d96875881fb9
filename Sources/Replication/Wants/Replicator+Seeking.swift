import Bitfield
import MerkleTree

// A seek walks down the tree as far as it is known, and asks for the path of a block in the subtree where it came to a
// stop, together with the seek itself, which a peer answers with the path to the block that it leads to (PROTOCOL §4).

extension Replicator {
    /// Walks on with the seeks that may get further than before, and ends those that have arrived.
    mutating func advanceSeeks(log: some LogView & ~Escapable, into effects: inout Effects) throws {
        guard !wants.seeks.isEmpty else { return }
        let tree = verifiedTree(log)
        var hasArrived = false
        for position in wants.seeks.indices {
            let seek = wants.seeks[position]
            guard !seek.isAsked, seek.walkedLength != tree.length else { continue }
            wants.seeks[position].walkedLength = tree.length
            do {
                let result = try tree.seek(
                    toByte: seek.bytes, padding: seek.padding, reading: OverlaidNodes(overlay.nodes, over: log))
                switch result {
                case .found(let block, let offset):
                    finish(seek.token, .found(block: block, offset: offset), into: &effects)
                    hasArrived = true
                case .unresolved(let span): wants.seeks[position].span = span
                case .pastEnd: wants.seeks[position].span = nil
                }
            } catch let error as TreeError where error.code == .invalidOperation {
                // The padding is wrong: that ends this seek, and is nothing to the others.
                finish(seek.token, .unseekable, into: &effects)
                hasArrived = true
            }
        }
        if hasArrived { wants.removeEnded() }
    }

    /// Asks a peer for what undecided seeks need.
    mutating func requestSeeks(
        ofPeerAt position: Int, tree: TreeHead, log: some LogView & ~Escapable, into effects: inout Effects
    ) throws {
        for number in wants.seeks.indices where canAsk(peerAt: position, about: tree) {
            let seek = wants.seeks[number]
            guard !seek.isAsked, let span = seek.span else { continue }
            let end = min(span.blocks.upperBound, askableLength(ofPeerAt: position, tree: tree))
            guard let block = hintBlock(in: span.blocks.lowerBound..<max(end, span.blocks.lowerBound), position) else {
                want(span.blocks.lowerBound, ofPeerAt: position, into: &effects)
                continue
            }
            var parts = ProofRequest(hash: span.request(throughBlock: block))
            if peers.all[position].supportsSeeks, !seek.wasRefused {
                parts.seek = ProofRequest.Seek(bytes: seek.bytes, padding: seek.padding)
            }
            wants.seeks[number].isAsked = true
            let message = RequestMessage(id: 0, fork: tree.fork, parts: parts)
            let request = OutstandingRequest(message: message, want: seek.token, discards: discards)
            send(request, toPeerAt: position, log: log, into: &effects)
        }
    }

    /// A block of the span that the peer has, at random so that many seekers do not all fetch the same path.
    mutating func hintBlock(in blocks: Range<UInt64>, _ position: Int) -> UInt64? {
        guard !blocks.isEmpty else { return nil }
        let start = UInt64.random(in: blocks, using: &generator)
        return peers.all[position].haves.firstSet(in: start..<blocks.upperBound)
            ?? peers.all[position].haves.firstSet(in: blocks.lowerBound..<start)
    }

    /// A peer cannot answer a request for a seek.
    mutating func seekIsRefused(_ token: WantToken) {
        guard let position = wants.seeks.firstIndex(where: { $0.token == token }) else { return }
        wants.seeks[position].wasRefused = true
    }

    /// Lets a seek be walked on with, or a node be looked up: the answer has come, or will never.
    mutating func isAnswered(_ token: WantToken) {
        if let position = wants.seeks.firstIndex(where: { $0.token == token }) {
            wants.seeks[position].isAsked = false
            wants.seeks[position].walkedLength = nil
        } else if let position = wants.nodes.firstIndex(where: { $0.token == token }) {
            wants.nodes[position].isAsked = false
            wants.nodes[position].isDue = true
        }
    }
}
