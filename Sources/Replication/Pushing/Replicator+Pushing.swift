import Bitfield
import Manifest
import MerkleTree

// Blocks that are sent without being asked for, to peers that allow it (PROTOCOL §7, Push).

extension Replicator {
    /// Sends a block to peers that have not asked for it: to all of those given, or to all, that allow it, want blocks, are of
    /// our fork, and are not known to have it. It waits behind what they have asked for.
    ///
    /// - Parameters:
    ///   - block: the block's index.
    ///   - chosen: the peers; `nil` for all.
    ///   - log: where blocks and nodes are read from.
    ///   - effects: what is to be done is appended.
    public mutating func push(
        _ block: UInt64, to chosen: [PeerID]? = nil, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard !isFrozen, log.has(block) else { return }
        let positions = chosen.map { $0.compactMap { peers.position(of: $0) } } ?? Array(peers.all.indices)
        for position in positions where takesPush(of: block, peerAt: position, fork: log.head.tree.fork) {
            peers.all[position].pushes.add(block, limit: limits.pushesToPeer)
            peers.all[position].announcesAnswers = true
        }
    }

    /// Pushes appended blocks, if that is how it is configured.
    mutating func pushAppended(
        _ blocks: Range<UInt64>, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard configuration.pushesAppended, peers.all.contains(where: { $0.remote?.allowsPush == true }) else { return }
        for block in blocks.prefix(limits.pushesToPeer) { push(block, log: log, into: &effects) }
    }

    private func takesPush(of block: UInt64, peerAt position: Int, fork: UInt64) -> Bool {
        let peer = peers.all[position]
        guard let remote = peer.remote, remote.allowsPush, remote.isDownloading, remote.fork == fork else {
            return false
        }
        return !peer.isClosing && !peer.haves[block]
    }

    /// The next block to push to a peer, as something to be proven; `nil` if there is none.
    mutating func nextPush(toPeerAt position: Int, log: some LogView & ~Escapable) -> Answer? {
        let tree = log.head.tree
        while let block = peers.all[position].pushes.next() {
            // By now the peer may have asked for it, or the block may be gone.
            guard log.has(block), takesPush(of: block, peerAt: position, fork: tree.fork) else { continue }
            let known = min(
                max(peers.all[position].remote?.length ?? 0, peers.all[position].pushes.pushedLength), tree.length)
            let nodes = FlatTree.nodesToRoot(fromBlock: block, ofLength: known)
            var parts = ProofRequest(block: ProofRequest.Node(index: block, nodes: nodes))
            if block >= known {
                parts.upgrade = ProofRequest.Upgrade(start: known, length: tree.length - known)
                peers.all[position].pushes.pushedLength = tree.length
            }
            return Answer(peer: peers.all[position].id, parts: parts, fork: tree.fork, ticket: nil)
        }
        return nil
    }

    /// Sends a pushed block.
    mutating func finishPush(
        _ push: Answer, with result: Result<Proof, AnswerFailure>, peerAt position: Int,
        log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        // The log may have left the fork in the meantime, and all that was to be pushed with it.
        guard let remote = peers.all[position].remote, remote.allowsPush, push.fork == log.head.tree.fork else {
            return
        }
        guard case .success(let proof) = result, let block = proof.block else {
            // What was to be upgraded to was not: the next push begins where the peer is.
            peers.all[position].pushes.pushedLength = 0
            return
        }
        let authority = remote.length == 0 ? log.authority : nil
        let manifest = authority.flatMap { $0.isCompat ? nil : $0.manifest }
        effects.send(.data(DataMessage(request: 0, fork: push.fork, proof: proof, manifest: manifest)), to: push.peer)
        isUploaded(block.index, byteCount: block.value.count, toPeerAt: position, into: &effects)
    }
}

// MARK: - Being pushed to

extension Replicator {
    /// Takes what was not asked for, where that is allowed and fits: it is verified like an answer. What does not fit is
    /// dropped, for the peer cannot know how we stand.
    mutating func receivePush(
        _ data: DataMessage, fromPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        let tree = verifiedTree(log)
        guard configuration.allowsPush, data.fork == tree.fork, overlay.byteCount < limits.uncommittedBytes,
            peers.all[position].conduct.invalidPushes < limits.invalidPushes
        else { return }
        // A block that is here already may still come with a tree that is not.
        if data.proof.upgrade == nil, isHere(data.proof.block?.index, log: log) { return }
        do {
            let verified = try verify(data, against: tree, log: log)
            peers.all[position].conduct.sentGoodPush()
            if let block = verified.proof?.block?.index {
                land(Flights.Flight(peer: peers.all[position].id, request: 0), of: block, into: &effects)
            }
            keep(verified, fromPeerAt: position, into: &effects)
        } catch let error as TreeError where error.code == .staleUpgrade || error.code == .invalidOperation {
            // The peer takes us to be of another length than we are.
            peers.all[position].conduct.sentInvalidPush()
        } catch {
            guard let fault = fault(behind: error, into: &effects) else { return }
            report(fault, ofPeerAt: position, into: &effects)
            peers.all[position].conduct.sentInvalidPush()
            checkForConflict(over: error, withPeerAt: position, log: log, into: &effects)
        }
    }
}

extension FlatTree {
    /// How many nodes there are from a block's leaf up to below the root over it, in a tree of `length` blocks; 0 for a
    /// block that is past its end.
    fileprivate static func nodesToRoot(fromBlock block: UInt64, ofLength length: UInt64) -> UInt64 {
        guard block < length else { return 0 }
        var index = leaf(ofBlock: block)
        var count: UInt64 = 0
        while blocks(under: parent(of: index)).upperBound <= length {
            index = parent(of: index)
            count += 1
        }
        return count
    }
}
