import Bitfield
import MerkleTree

// A tree node is asked for by itself where somebody needs a hash and no block: to compare a tree with another, say.

extension Replicator {
    /// Asks for a node of the tree, without any block. Ends with ``WantOutcome/node(_:)``; a node past the end of the log
    /// waits for it to grow.
    ///
    /// - Parameters:
    ///   - index: a flat-tree index; one that no tree can hold is refused.
    ///   - effects: what is to be done is appended.
    public mutating func hash(ofNode index: UInt64, into effects: inout Effects) -> WantToken {
        let token = wants.add(.node)
        guard wants.count <= limits.wants, FlatTree.isIndex(index), !isFrozen else {
            finish(token, .refused, into: &effects)
            return token
        }
        wants.nodes.append(NodeWant(token: token, index: index))
        return token
    }

    /// Ends the wants of nodes that are known by now.
    mutating func finishNodes(log: some LogView & ~Escapable, into effects: inout Effects) throws {
        guard !wants.nodes.isEmpty else { return }
        let tree = verifiedTree(log)
        var hasEnded = false
        for position in wants.nodes.indices where wants.nodes[position].isDue {
            wants.nodes[position].isDue = false
            let want = wants.nodes[position]
            guard tree.covers(want.index),
                let node = try OverlaidNodes(overlay.nodes, over: log).node(at: want.index)
            else { continue }
            finish(want.token, .node(node), into: &effects)
            hasEnded = true
        }
        if hasEnded { wants.removeEnded() }
    }

    /// Lets all wanted nodes be looked up again: there may be more of them.
    mutating func lookForNodes() {
        for position in wants.nodes.indices { wants.nodes[position].isDue = true }
    }

    /// Asks a peer for wanted nodes. One that has a block under a node has the node.
    mutating func requestNodes(
        ofPeerAt position: Int, tree: TreeHead, log: some LogView & ~Escapable, into effects: inout Effects
    ) throws {
        for number in wants.nodes.indices where canAsk(peerAt: position, about: tree) {
            let want = wants.nodes[number]
            guard !want.isAsked, tree.covers(want.index) else { continue }
            let blocks = FlatTree.blocks(under: want.index)
            let end = min(blocks.upperBound, askableLength(ofPeerAt: position, tree: tree))
            guard hintBlock(in: blocks.lowerBound..<max(end, blocks.lowerBound), position) != nil else {
                self.want(blocks.lowerBound, ofPeerAt: position, into: &effects)
                continue
            }
            let missing = try tree.missingNodes(
                fromNode: want.index, reading: OverlaidNodes(overlay.nodes, over: log))
            let parts = ProofRequest(hash: ProofRequest.Node(index: want.index, nodes: missing))
            let message = RequestMessage(id: 0, fork: tree.fork, parts: parts, priority: .explicitGet)
            wants.nodes[number].isAsked = true
            let request = OutstandingRequest(message: message, want: want.token, discards: discards)
            send(request, toPeerAt: position, log: log, into: &effects)
        }
    }
}

extension TreeHead {
    /// Whether a node lies in this tree.
    func covers(_ node: UInt64) -> Bool { FlatTree.blocks(under: node).upperBound <= length }
}
