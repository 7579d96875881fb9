import Bitfield
import Crypto
import Manifest
import MerkleTree

extension Replicator {
    /// What an answer has proven.
    struct Verified {
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
            return receiveUnasked(data, fromPeerAt: position, log: log, into: &effects)
        }
        guard let request = takeAnswered(data.request, fromPeerAt: position, log: log, into: &effects) else { return }
        if request.isOverdue, isHere(request.message.parts.block?.index, log: log) { return }
        guard data.answers(request.message) else {
            return refuse(request, .unspecified, peerAt: position, into: &effects)
        }
        if let subject = request.forkSubject {
            return receiveAboutFork(
                data, answering: request, subject, fromPeerAt: position, log: log, into: &effects)
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
    mutating func receive(
        _ noData: NoDataMessage, fromPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard noData.request > 0 else { return refuseTree(fromPeerAt: position) }
        guard
            let request = takeAnswered(noData.request, isRefusal: true, fromPeerAt: position, log: log, into: &effects)
        else { return }
        refuse(request, noData.reason, peerAt: position, into: &effects)
    }

    /// Takes out the request that was answered; `nil` where there is none, or where its answer is of no interest any more. Even
    /// then it tells how fast the peer is.
    private mutating func takeAnswered(
        _ id: UInt64, isRefusal: Bool = false, fromPeerAt position: Int, log: some LogView & ~Escapable,
        into effects: inout Effects
    ) -> OutstandingRequest? {
        guard let request = peers.all[position].requests.takeAnswered(id) else { return nil }
        peers.all[position].isNotAwaited(request)
        peers.all[position].checksIdleness = true
        let sent = peers.all[position].requests.sent
        peers.all[position].pace.answered(request, isRefusal: isRefusal, sent: sent, now: now, limits: limits)
        if request.isOverdue { revive(peerAt: position, log: log, into: &effects) }
        return request.isObsolete ? nil : request
    }

    /// Whether a block is stored, or verified and about to be.
    func isHere(_ block: UInt64?, log: some LogView & ~Escapable) -> Bool {
        block.map { log.has($0) || overlay.value(of: $0) != nil } ?? false
    }

    // MARK: Verifying

    func verify(
        _ data: DataMessage, against tree: TreeHead, log: some LogView & ~Escapable
    ) throws -> Verified {
        // After a fork of ours an old answer says nothing of the present tree; the manifest is of all forks.
        let isOfThisFork = data.fork == tree.fork
        guard data.proof.upgrade != nil || data.manifest != nil else {
            guard isOfThisFork else { return Verified(proof: nil, manifest: nil) }
            // Without an upgrade nothing has to be signed, and who signs need not be looked up.
            let proof = try tree.verifyWithoutUpgrade(data.proof) { try overlay.nodes.node(at: $0) ?? log.node(at: $0) }
            return Verified(proof: proof, manifest: nil)
        }
        return try verifySigned(data, against: tree, isOfThisFork: isOfThisFork, log: log)
    }

    /// Verifies an answer with an upgrade or a manifest.
    private func verifySigned(
        _ data: DataMessage, against tree: TreeHead, isOfThisFork: Bool, log: some LogView & ~Escapable
    ) throws -> Verified {
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
        let block = verified.proof?.block?.index
        if let block { land(Flights.Flight(peer: id, request: request.message.id), of: block, into: &effects) }
        guard keep(verified, fromPeerAt: position, into: &effects) else {
            return refuse(request, .unspecified, peerAt: position, into: &effects)
        }
        peers.all[position].pace.wasOfUse()
        // What else it was made for is free, whether it has come or not.
        if block != nil, request.isForBlockAlone { return }
        var rest = request
        if block != nil { rest.message.parts.block = nil }
        abandon(rest, to: id)
    }

    /// Keeps what was verified until it is stored. Returns whether there was anything to keep.
    @discardableResult
    mutating func keep(_ verified: Verified, fromPeerAt position: Int, into effects: inout Effects) -> Bool {
        if let manifest = verified.manifest { overlay.add(manifest) }
        guard let proof = verified.proof else { return verified.manifest != nil }
        overlay.add(proof)
        if let block = proof.block {
            finishBlock(block.index, .block(block.value), into: &effects)
            count(peerAt: position) { counters in
                counters.blocksDownloaded += 1
                counters.bytesDownloaded += UInt64(block.value.count)
            }
        }
        if proof.upgrade != nil { lookForNodes() }
        return verified.manifest != nil || !proof.nodes.isEmpty || proof.block != nil
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
