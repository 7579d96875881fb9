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
        guard !configuration.isPushOnly else { return }
        requestUpgrade(to: tree, log: log, into: &effects)
        if !wants.pending.isEmpty || !wants.ranges.isEmpty || !wants.seeks.isEmpty || !wants.nodes.isEmpty {
            firstPeer = peers.count == 0 ? 0 : (firstPeer + 1) % peers.count
            for offset in 0..<peers.count {
                let position = (firstPeer + offset) % peers.count
                guard canAsk(peerAt: position, about: tree) else { continue }
                try requestNodes(ofPeerAt: position, tree: tree, log: log, into: &effects)
                try requestSeeks(ofPeerAt: position, tree: tree, log: log, into: &effects)
                try requestBlocks(ofPeerAt: position, tree: tree, log: log, into: &effects)
            }
        }
        try hotSwap(tree: tree, log: log, into: &effects)
    }

    private mutating func requestBlocks(
        ofPeerAt position: Int, tree: TreeHead, log: some LogView & ~Escapable, into effects: inout Effects
    ) throws {
        var search = BlockSearch(
            end: askableLength(ofPeerAt: position, tree: tree), steps: limits.searchSteps)
        var room = room(peerAt: position, about: tree)
        while room > 0 {
            if let block = nextPending(&search, forPeerAt: position, into: &effects) {
                let priority = wants.blocks[block]?.priority ?? .normal
                try request(block, priority, ofPeerAt: position, tree: tree, log: log, into: &effects)
                wants.pending.remove(block)
            } else if let block = nextOfRanges(&search, forPeerAt: position, log: log, into: &effects) {
                try request(block, .normal, ofPeerAt: position, tree: tree, log: log, into: &effects)
            } else {
                break
            }
            room -= 1
        }
        if room == 0 { peers.all[position].pace.window.isFull() }
        if search.steps == 0 { searchesAreCutShort = true }
    }

    /// Asks a peer for one block.
    mutating func request(
        _ block: UInt64, _ priority: RequestMessage.Priority, ofPeerAt position: Int, tree: TreeHead,
        log: some LogView & ~Escapable, into effects: inout Effects
    ) throws {
        // One with a priority is answered before others, so that it cannot rely on them.
        let missing = try missingNodes(
            from: block, ofPeerAt: position, reliesOnAwaited: priority == .normal, tree: tree, log: log)
        claims.set(block)
        let request = OutstandingRequest(
            message: RequestMessage(
                id: 0, fork: tree.fork,
                parts: ProofRequest(block: ProofRequest.Node(index: block, nodes: missing.count)), priority: priority),
            reliesOnEarlier: missing.endsAtAwaited, discards: discards)
        peers.all[position].isAwaited(request)
        let id = send(request, toPeerAt: position, log: log, into: &effects)
        flights.add(Flights.Flight(peer: peers.all[position].id, request: id), of: block)
    }

    /// How many nodes from a block's leaf up are neither held nor, if they can be relied on, about to come from the peer.
    ///
    /// The store is asked last, and only for nodes of which nothing is known: a run of blocks costs next to no lookups there.
    ///
    /// - Throws: where not even the root above the block is held, which is so only in a broken log; what the log throws.
    private mutating func missingNodes(
        from block: UInt64, ofPeerAt position: Int, reliesOnAwaited: Bool, tree: TreeHead,
        log: some LogView & ~Escapable
    ) throws -> (count: UInt64, endsAtAwaited: Bool) {
        var index = FlatTree.leaf(ofBlock: block)
        var count: UInt64 = 0
        var highestMissing: UInt64?
        while true {
            if overlay.nodes.node(at: index) != nil { break }
            if reliesOnAwaited, peers.all[position].awaited.contains(index) {
                if let highestMissing { unknownNodes.remember(highestMissing) }
                return (count, true)
            }
            if !unknownNodes.contains(index) {
                if let node = try log.node(at: index) {
                    overlay.remember(node)
                    break
                }
                highestMissing = index
            }
            count += 1
            index = FlatTree.parent(of: index)
            guard FlatTree.blocks(under: index).upperBound <= tree.length else {
                throw TreeError(.missingNode(index), "no node above block \(block) is held, not even its root")
            }
        }
        if let highestMissing { unknownNodes.remember(highestMissing) }
        return (count, false)
    }

    /// Sends a request, asking for the manifest along with it where that is not known, and returns its id.
    @discardableResult
    mutating func send(
        _ request: OutstandingRequest, toPeerAt position: Int, log: some LogView & ~Escapable,
        into effects: inout Effects
    ) -> UInt64 {
        var request = request
        request.sentAt = now
        request.message.wantsManifest = lacksManifest(log) && peers.all[position].remote?.hasManifest == true
        if peers.all[position].requests.cancelledCount >= limits.cancelledRequestsToPeer {
            peers.all[position].pace.probe()
        }
        peers.all[position].pace.sent(isFirst: !peers.all[position].requests.isAwaiting, now: now)
        var message = request.message
        message.id = peers.all[position].requests.add(request)
        effects.send(.request(message), to: peers.all[position].id)
        return message.id
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
                && room(peerAt: position, about: TreeHead()) > 0
        }
        guard let position else { return }
        manifestPeer = peers.all[position].id
        let message = RequestMessage(id: 0, fork: peers.all[position].remote?.fork ?? 0)
        send(OutstandingRequest(message: message, discards: discards), toPeerAt: position, log: log, into: &effects)
    }
}
