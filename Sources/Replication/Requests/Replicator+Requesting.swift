import Bitfield
import Crypto
import MerkleTree

// What is asked of peers, and of which. Upgrades first, then single blocks, then ranges.

extension Replicator {
    /// The tree over everything that is verified, stored or not.
    func verifiedTree(_ log: some LogView & ~Escapable) -> TreeHead {
        overlay.head?.tree ?? log.head.tree
    }

    /// Asks peers for all that is wanted and that they have, as far as they have room.
    mutating func requestWhatIsWanted(log: some LogView & ~Escapable, into effects: inout Effects) throws {
        // What would be asked now would be of a fork that the log is about to leave.
        guard !forks.isMoving else { return }
        let tree = verifiedTree(log)
        requestManifest(log: log, into: &effects)
        requestUpgrade(to: tree, log: log, into: &effects)
        guard !wants.pending.isEmpty || !wants.ranges.isEmpty || !wants.seeks.isEmpty else { return }
        firstPeer = peers.count == 0 ? 0 : (firstPeer + 1) % peers.count
        for offset in 0..<peers.count {
            let position = (firstPeer + offset) % peers.count
            guard canAsk(peerAt: position, about: tree) else { continue }
            try requestSeeks(ofPeerAt: position, tree: tree, log: log, into: &effects)
            try requestBlocks(ofPeerAt: position, tree: tree, log: log, into: &effects)
        }
    }

    /// Whether a peer answers, is trusted, has our fork, and has room for one more request.
    func canAsk(peerAt position: Int, about tree: TreeHead) -> Bool {
        guard let remote = peers.all[position].remote, remote.isUploading, remote.fork == tree.fork else {
            return false
        }
        return hasRoom(peerAt: position, about: tree)
    }

    /// Whether a peer is trusted and has room for one more request.
    func hasRoom(peerAt position: Int, about tree: TreeHead) -> Bool {
        !peers.all[position].conduct.isPaused && !peers.all[position].isClosing
            && peers.all[position].requests.count < limits.requests(ofBlocksIn: tree, peerCount: peers.count)
            && peers.all[position].requests.cancelledCount < limits.cancelledRequestsToPeer
            && overlay.byteCount < limits.uncommittedBytes
    }

    private mutating func requestBlocks(
        ofPeerAt position: Int, tree: TreeHead, log: some LogView & ~Escapable, into effects: inout Effects
    ) throws {
        var search = BlockSearch(
            end: askableLength(ofPeerAt: position, tree: tree), steps: limits.searchSteps)
        while hasRoom(peerAt: position, about: tree) {
            if let block = nextPending(&search, forPeerAt: position, into: &effects) {
                let priority = wants.blocks[block]?.priority ?? .normal
                let id = try request(block, priority, ofPeerAt: position, tree: tree, log: log, into: &effects)
                wants.pending.remove(block)
                wants.blocks[block]?.asked = (peers.all[position].id, id)
            } else if let block = nextOfRanges(&search, forPeerAt: position, log: log, into: &effects) {
                _ = try request(block, .normal, ofPeerAt: position, tree: tree, log: log, into: &effects)
            } else {
                break
            }
        }
        if search.steps == 0 { searchesAreCutShort = true }
    }

    /// Asks a peer for one block.
    private mutating func request(
        _ block: UInt64, _ priority: RequestMessage.Priority, ofPeerAt position: Int, tree: TreeHead,
        log: some LogView & ~Escapable, into effects: inout Effects
    ) throws -> UInt64 {
        // One with a priority is answered before others, so that it cannot rely on them.
        let isInTurn = priority == .normal
        let missing = try missingNodes(
            from: block, ofPeerAt: position, reliesOnAwaited: isInTurn, tree: tree, log: log)
        claims.set(block)
        if isInTurn { peers.all[position].awaited.add(block: block, nodes: missing.count) }
        let request = OutstandingRequest(
            message: RequestMessage(
                id: 0, fork: tree.fork,
                parts: ProofRequest(block: ProofRequest.Node(index: block, nodes: missing.count)), priority: priority),
            reliesOnEarlier: missing.endsAtAwaited, discards: discards)
        return send(request, toPeerAt: position, log: log, into: &effects)
    }

    /// How many nodes from a block's leaf up are neither held nor, if they can be relied on, about to come from the peer.
    ///
    /// - Throws: where not even the root above the block is held, which is so only in a broken log; what the log throws.
    private func missingNodes(
        from block: UInt64, ofPeerAt position: Int, reliesOnAwaited: Bool, tree: TreeHead,
        log: some LogView & ~Escapable
    ) throws -> (count: UInt64, endsAtAwaited: Bool) {
        let reader = OverlaidNodes(overlay.nodes, over: log)
        var index = FlatTree.leaf(ofBlock: block)
        var count: UInt64 = 0
        while try reader.node(at: index) == nil {
            if reliesOnAwaited, peers.all[position].awaited.contains(index) { return (count, true) }
            count += 1
            index = FlatTree.parent(of: index)
            guard FlatTree.blocks(under: index).upperBound <= tree.length else {
                throw TreeError(.missingNode(index), "no node above block \(block) is held, not even its root")
            }
        }
        return (count, false)
    }

    /// Sends a request, asking for the manifest along with it where that is not known, and returns its id.
    @discardableResult
    mutating func send(
        _ request: OutstandingRequest, toPeerAt position: Int, log: some LogView & ~Escapable,
        into effects: inout Effects
    ) -> UInt64 {
        var request = request
        request.message.wantsManifest = lacksManifest(log) && peers.all[position].remote?.hasManifest == true
        request.message.id = peers.all[position].requests.add(request)
        effects.send(.request(request.message), to: peers.all[position].id)
        return request.message.id
    }
}

// MARK: - Manifest

extension Replicator {
    /// Whether only the key is known. Once a manifest is stored, it stays.
    mutating func lacksManifest(_ log: some LogView & ~Escapable) -> Bool {
        if !hasStoredManifest { hasStoredManifest = log.authority != nil }
        return !hasStoredManifest && overlay.manifest == nil
    }

    /// Asks for the manifest alone, of a peer that has nothing else to ask for (PROTOCOL §7, Manifests).
    private mutating func requestManifest(log: some LogView & ~Escapable, into effects: inout Effects) {
        guard manifestPeer == nil, lacksManifest(log) else { return }
        let position = peers.all.indices.first { position in
            guard let remote = peers.all[position].remote else { return false }
            return remote.hasManifest && remote.length == 0 && remote.isUploading
                && hasRoom(peerAt: position, about: TreeHead())
        }
        guard let position else { return }
        manifestPeer = peers.all[position].id
        let message = RequestMessage(id: 0, fork: peers.all[position].remote?.fork ?? 0)
        send(OutstandingRequest(message: message, discards: discards), toPeerAt: position, log: log, into: &effects)
    }
}
