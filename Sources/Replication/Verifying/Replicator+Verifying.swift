import Bitfield
import Crypto
import Manifest
import MerkleTree

extension Replicator {
    /// What an answer has proven.
    private struct Verified {
        /// `nil` where the answer was only about the manifest.
        let proof: VerifiedProof?
        /// The manifest, if the answer taught it.
        let manifest: CoreManifest?
    }

    /// Takes the answer to a request. What is verified goes to the overlay; for the rest it is as if nothing had come.
    mutating func receive(
        _ data: DataMessage, fromPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard data.request > 0 else {
            return receiveUntracked(data, fromPeerAt: position, log: log, into: &effects)
        }
        let question = peers.all[position].forkQuestion
        guard let request = takeAnswered(data.request, fromPeerAt: position) else { return }
        guard data.answers(request.message) else {
            return refuse(request, .unspecified, peerAt: position, into: &effects)
        }
        if request.isAboutFork, let question {
            return receiveAboutFork(
                data, answering: request, question, fromPeerAt: position, log: log, into: &effects)
        }
        let tree = verifiedTree(log)
        do {
            let verified = try verify(data, against: tree, log: log)
            accept(verified, for: request, fromPeerAt: position, into: &effects)
        } catch {
            reject(request, error, peerAt: position, log: log, into: &effects)
        }
    }

    /// Takes a refusal.
    mutating func receive(_ noData: NoDataMessage, fromPeerAt position: Int, into effects: inout Effects) {
        guard noData.request > 0, let request = takeAnswered(noData.request, fromPeerAt: position) else { return }
        refuse(request, noData.reason, peerAt: position, into: &effects)
    }

    private mutating func takeAnswered(_ id: UInt64, fromPeerAt position: Int) -> OutstandingRequest? {
        guard let request = peers.all[position].requests.takeAnswered(id), !request.isObsolete else { return nil }
        peers.all[position].isNotAwaited(request)
        return request
    }

    // MARK: Verifying

    private func verify(
        _ data: DataMessage, against tree: TreeHead, log: some LogView & ~Escapable
    ) throws -> Verified {
        // After a fork of ours an old answer says nothing of the present tree; the manifest is of all forks.
        let isOfThisFork = data.fork == tree.fork
        guard data.proof.upgrade != nil || data.manifest != nil else {
            guard isOfThisFork else { return Verified(proof: nil, manifest: nil) }
            // Without an upgrade nothing has to be signed, and who signs need not be looked up.
            let verdict = try tree.verify(data.proof, reading: OverlaidNodes(overlay.nodes, over: log))
            return Verified(proof: try verdict.accept { _, _ in false }, manifest: nil)
        }
        let (authority, learnt) = try authority(over: data, log: log)
        // A manifest that came along is checked against the key; one that was assumed, only by a signature.
        let claimed = data.manifest == nil ? nil : learnt
        guard isOfThisFork else { return Verified(proof: nil, manifest: claimed) }

        let verdict = try tree.verify(data.proof, reading: OverlaidNodes(overlay.nodes, over: log))
        guard case .unsigned(let unsigned) = verdict else {
            return Verified(proof: try verdict.accept { _, _ in false }, manifest: claimed)
        }
        try authority.check(unsigned.requestedHead, from: data.proof.upgrade?.start ?? 0)
        let proof = try unsigned.accept { head, signature in
            try authority.verify(signature, of: head)
            return true
        }
        return Verified(proof: proof, manifest: learnt)
    }

    /// Who has to have signed what a peer sent, and the manifest if that is not known yet.
    ///
    /// The manifest is learnt once its authority has verified a signature: a signature that the assumed signer made proves that
    /// it is the signer.
    ///
    /// - Throws: `ManifestError` for a manifest that is another core's.
    func authority(
        over data: DataMessage, log: some LogView & ~Escapable
    ) throws -> (TreeAuthority, learnt: CoreManifest?) {
        if let known = try log.authority ?? overlay.manifest.map({ try TreeAuthority(key: key, manifest: $0) }) {
            return (known, nil)
        }
        let claimed = try data.manifest.map { try TreeAuthority(key: key, manifest: $0) }
        let authority = claimed ?? TreeAuthority(assumedFor: key)
        return (authority, authority.manifest)
    }

    // MARK: Accepting

    private mutating func accept(
        _ verified: Verified, for request: OutstandingRequest, fromPeerAt position: Int, into effects: inout Effects
    ) {
        let id = peers.all[position].id
        if let manifest = verified.manifest { overlay.add(manifest) }
        if let proof = verified.proof { overlay.add(proof) }
        let bringsNodes = verified.proof.map { !$0.nodes.isEmpty || $0.block != nil } ?? false
        let isOfUse = verified.manifest != nil || bringsNodes
        guard isOfUse else { return refuse(request, .unspecified, peerAt: position, into: &effects) }

        var rest = request
        if let block = verified.proof?.block {
            // From here on the claim stands for what is verified and not stored.
            rest.message.parts.block = nil
            finishBlock(block.index, .block(block.value), into: &effects)
            effects.append(.event(.downloaded(block: block.index, byteCount: block.value.count, from: id)))
        }
        abandon(rest, to: id)
    }

    // MARK: Refusing

    /// A request came to nothing. Too many of these and a peer is not asked any more.
    mutating func refuse(
        _ request: OutstandingRequest, _ reason: NoDataMessage.Reason, peerAt position: Int, into effects: inout Effects
    ) {
        if isBlameworthy(request, peerAt: position) { peers.all[position].conduct.refused(reason, limits: limits) }
        abandon(request, to: peers.all[position].id)
        if peers.all[position].conduct.isPaused { withdrawAll(fromPeerAt: position, into: &effects) }
    }

    /// Whether a peer should have been able to answer: it has not told us in the meantime that it has moved to another
    /// fork, or that the block is gone.
    private func isBlameworthy(_ request: OutstandingRequest, peerAt position: Int) -> Bool {
        guard request.message.fork == peers.all[position].remote?.fork else { return false }
        return request.message.parts.block.map { peers.all[position].haves[$0.index] } ?? true
    }

    /// An answer did not verify.
    private mutating func reject(
        _ request: OutstandingRequest, _ error: any Error, peerAt position: Int, log: some LogView & ~Escapable,
        into effects: inout Effects
    ) {
        let id = peers.all[position].id
        abandon(request, to: id)
        switch error {
        case let error as TreeError where error.code == .staleUpgrade:
            // Our tree has grown since it was asked for; nothing is wrong with the peer.
            break
        case _ where mayRestOnForgotten(request, error):
            break
        case let error as TreeError where error.code == .invalidOperation && request.reliesOnEarlier:
            // It may lead to a node that an earlier answer was to bring and did not.
            peers.all[position].awaited.distrust()
        case is TreeError, is ManifestError:
            distrust(peerAt: position, PeerFault(.invalidData, "\(error)"), into: &effects)
            if (error as? TreeError)?.code != .invalidOperation {
                checkForConflict(withPeerAt: position, log: log, into: &effects)
            }
        default:
            effects.append(.event(.storageFailed(error)))
        }
    }

    /// Whether an answer may not verify because of what was known when it was asked for, and was forgotten since: the node that
    /// it leads to, or the manifest.
    func mayRestOnForgotten(_ request: OutstandingRequest, _ error: any Error) -> Bool {
        guard request.discards != discards else { return false }
        return (error as? TreeError)?.code == .invalidOperation
            || error is ManifestError && !request.message.wantsManifest
    }

    /// Asks a peer for nothing more, because of what it sent.
    mutating func distrust(peerAt position: Int, _ fault: PeerFault, into effects: inout Effects) {
        peers.all[position].conduct.sentInvalidData()
        effects.append(.event(.invalidData(fault, from: peers.all[position].id)))
        withdrawAll(fromPeerAt: position, into: &effects)
    }
}

extension DataMessage {
    /// Whether it holds parts of what was asked for, and nothing else.
    fileprivate func answers(_ request: RequestMessage) -> Bool {
        guard fork == request.fork || proof == Proof() else { return false }
        if let block = proof.block, block.index != request.parts.block?.index { return false }
        if let hash = proof.hash, hash.index != request.parts.hash?.index { return false }
        if let seek = proof.seek, seek.bytes != request.parts.seek?.bytes { return false }
        return (proof.upgrade == nil || request.parts.upgrade != nil) && (manifest == nil || request.wantsManifest)
    }
}

extension TreeAuthority {
    /// Checks the tree that an upgrade leads to before its additional nodes, where it starts below the prologue: it must
    /// start at 0 and be the prologue's tree, or cover it (PROTOCOL §4, Verification).
    func check(_ tree: TreeHead, from start: UInt64) throws(ManifestError) {
        guard let prologue, start < prologue.length else { return }
        guard start == 0, tree.length >= prologue.length else {
            throw ManifestError(
                .prologueMismatch,
                "an upgrade from \(start) to \(tree.length) does not cover the prologue of \(prologue.length)")
        }
        guard tree.length > prologue.length || tree.treeHash() == prologue.hash else {
            throw ManifestError(.prologueMismatch, "the first \(prologue.length) blocks are not the prologue's")
        }
    }
}
