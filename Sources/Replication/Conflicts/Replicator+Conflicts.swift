import Crypto
import Manifest
import MerkleTree

// What a peer sent does not verify. Perhaps the peer is broken; but perhaps it holds another history of the same fork, signed
// as validly as ours. So it is asked for its tree from block 0 on, in a request of id 0, which is tracked by nobody. The other
// side sends such a tree of its own accord if it was the first to find out (PROTOCOL §7, Bad data).

extension Replicator {
    /// Asks a peer whose data did not verify for its whole tree. Nothing else is asked of it until that is here, unless pushes
    /// are taken, with which what does not verify is nothing unusual.
    ///
    /// - Parameter error: what is wrong with the data; where that is only that it does not fit, nothing is asked.
    mutating func checkForConflict(
        over error: any Error, withPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        let tree = log.head.tree
        guard (error as? TreeError)?.code != .invalidOperation,
            let remote = peers.all[position].remote, remote.fork == tree.fork,
            case let length = min(tree.length, remote.length), length > 0,
            !configuration.allowsPush || !peers.all[position].conduct.owesTree
        else { return }
        peers.all[position].conduct.isChecked(pauses: !configuration.allowsPush, limit: limits.pardons)
        let parts = ProofRequest(upgrade: ProofRequest.Upgrade(start: 0, length: length))
        let request = RequestMessage(id: 0, fork: tree.fork, parts: parts)
        effects.send(.request(request), to: peers.all[position].id)
    }

    /// Takes what came without a tracked request: a whole tree, or a block that is pushed.
    mutating func receiveUnasked(
        _ data: DataMessage, fromPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        // A push that begins at block 0 has a block to it, and leaves nodes of the tree out that follow from that.
        let isTree = data.proof.block == nil && data.proof.hash == nil && data.proof.seek == nil
        if isTree, data.proof.upgrade?.start == 0, log.head.tree.length > 0 {
            receiveTree(data, fromPeerAt: position, log: log, into: &effects)
        } else {
            receivePush(data, fromPeerAt: position, log: log, into: &effects)
        }
    }

    /// Holds a whole tree against ours.
    private mutating func receiveTree(
        _ data: DataMessage, fromPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        let tree = log.head.tree
        guard let upgrade = data.proof.upgrade, data.fork == tree.fork, let authority = log.authority,
            peers.all[position].conduct.sendsUntracked(limit: limits.untrackedProofs)
        else { return }
        // Its channel may have been kept open for this alone.
        peers.all[position].checksIdleness = true
        do {
            let theirs = try signedTree(of: upgrade, fork: data.fork, by: authority)
            // One that is longer, or of which we lack the roots, cannot be compared: nothing is known then.
            guard let ours = try tree.knownTree(ofLength: theirs.length, reading: log) else { return }
            guard ours.hasSameTree(as: theirs) else {
                return try freeze(
                    over: upgrade, at: theirs.length, fromPeerAt: position, authority, log: log, into: &effects)
            }
            peers.all[position].conduct.pardon()
        } catch {
            guard let fault = fault(behind: error, into: &effects) else { return }
            distrust(peerAt: position, fault, into: &effects)
        }
    }

    /// A peer does not have the tree that it was asked for. If it was to show that its history is ours, it has not.
    mutating func refuseTree(fromPeerAt position: Int) {
        peers.all[position].conduct.refusesTree()
        peers.all[position].checksIdleness = true
    }

    /// The tree at the length of an upgrade, which the signature on the sender's whole tree covers.
    private func signedTree(
        of upgrade: Proof.Upgrade, fork: UInt64, by authority: TreeAuthority
    ) throws -> TreeHead {
        let verdict = try TreeHead(fork: fork).verify(Proof(upgrade: upgrade), reading: [:])
        guard case .unsigned(let unsigned) = verdict else {
            throw TreeError(.invalidOperation, "a proof without an upgrade has no tree")
        }
        try authority.check(unsigned.requestedHead, from: 0)
        _ = try unsigned.accept { head, signature in
            try authority.verify(signature, of: head)
            return true
        }
        return unsigned.requestedHead
    }

    // MARK: Freezing

    /// Stops for good, and tells every peer why.
    private mutating func freeze(
        over theirs: Proof.Upgrade, at length: UInt64, fromPeerAt position: Int, _ authority: TreeAuthority,
        log: some LogView & ~Escapable, into effects: inout Effects
    ) throws {
        let fork = log.head.tree.fork
        let conflict = HistoryConflict(
            fork: fork, length: length,
            ours: FullyRemoteProof(try ownProof(of: length, authority, log: log), fork: fork, of: authority),
            theirs: FullyRemoteProof(Proof(upgrade: theirs), fork: fork, of: authority), peer: peers.all[position].id)
        isFrozen = true
        effects.append(.conflict(conflict))
        for position in peers.all.indices where !peers.all[position].isClosing {
            if let remote = peers.all[position].remote, remote.fork == fork, remote.length > 0,
                let proof = try? ownProof(of: min(remote.length, log.head.tree.length), authority, log: log)
            {
                let data = DataMessage(request: 0, fork: fork, proof: proof)
                effects.send(.data(data), to: peers.all[position].id)
            }
            close(peerAt: position)
            effects.append(.closeChannel(peers.all[position].id))
        }
        for token in wants.removeAll() { effects.append(.finished(token, .refused)) }
        forks.removeAll(upTo: .max)
        discardUnstored()
    }

    /// The proof of our first `length` blocks, or of all where the nodes for that are not all here.
    private func ownProof(
        of length: UInt64, _ authority: TreeAuthority, log: some LogView & ~Escapable
    ) throws -> Proof {
        let parts = ProofRequest(upgrade: ProofRequest.Upgrade(start: 0, length: length))
        let head = log.head
        do {
            return try head.tree.plan(parts, prologueLength: authority.prologue?.length ?? 0, reading: log)
                .assemble(signature: head.signature, reading: log)
        } catch let error where length == head.tree.length {
            throw error
        } catch {
            return try ownProof(of: head.tree.length, authority, log: log)
        }
    }
}
