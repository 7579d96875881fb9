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
        // Id 0 is never ours: pushes, and proofs of a conflict or of another fork, which are not followed yet.
        guard data.request > 0 else {
            return receivePush(data, fromPeerAt: position, log: log, into: &effects)
        }
        guard let request = takeAnswered(data.request, fromPeerAt: position, log: log, into: &effects) else { return }
        if request.isOverdue, isHere(request.message.parts.block?.index, log: log) { return }
        let tree = verifiedTree(log)
        guard data.answers(request.message) else {
            return refuse(request, .unspecified, peerAt: position, into: &effects)
        }
        do {
            let verified = try verify(data, against: tree, log: log)
            accept(verified, for: request, fromPeerAt: position, into: &effects)
        } catch {
            reject(request, error, tree: tree, peerAt: position, into: &effects)
        }
    }

    /// Takes a refusal.
    mutating func receive(
        _ noData: NoDataMessage, fromPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard noData.request > 0,
            let request = takeAnswered(noData.request, isRefusal: true, fromPeerAt: position, log: log, into: &effects)
        else { return }
        refuse(request, noData.reason, peerAt: position, into: &effects)
    }

    private mutating func takeAnswered(
        _ id: UInt64, isRefusal: Bool = false, fromPeerAt position: Int, log: some LogView & ~Escapable,
        into effects: inout Effects
    ) -> OutstandingRequest? {
        guard let request = peers.all[position].requests.takeAnswered(id) else { return nil }
        peers.all[position].isNotAwaited(request)
        let sent = peers.all[position].requests.sent
        peers.all[position].pace.answered(request, isRefusal: isRefusal, sent: sent, now: now, limits: limits)
        if request.isOverdue { revive(peerAt: position, log: log, into: &effects) }
        return request
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
            let verdict = try tree.verify(data.proof, reading: OverlaidNodes(overlay.nodes, over: log))
            return Verified(proof: try verdict.accept { _, _ in false }, manifest: nil)
        }
        let known = try log.authority ?? overlay.manifest.map { try TreeAuthority(key: key, manifest: $0) }
        let claimed = known == nil ? try data.manifest.map { try TreeAuthority(key: key, manifest: $0) } : nil
        guard isOfThisFork else { return Verified(proof: nil, manifest: claimed?.manifest) }

        let authority = known ?? claimed ?? TreeAuthority(assumedFor: key)
        let verdict = try tree.verify(data.proof, reading: OverlaidNodes(overlay.nodes, over: log))
        guard case .unsigned(let unsigned) = verdict else {
            return Verified(proof: try verdict.accept { _, _ in false }, manifest: claimed?.manifest)
        }
        try authority.check(unsigned.requestedHead, from: data.proof.upgrade?.start ?? 0)
        let proof = try unsigned.accept { head, signature in
            try authority.verify(signature, of: head)
            return true
        }
        // A signature that the assumed signer made proves that it is the signer.
        return Verified(proof: proof, manifest: known == nil ? authority.manifest : nil)
    }

    // MARK: Accepting

    private mutating func accept(
        _ verified: Verified, for request: OutstandingRequest, fromPeerAt position: Int, into effects: inout Effects
    ) {
        let id = peers.all[position].id
        var rest = request
        if let block = verified.proof?.block {
            rest.message.parts.block = nil
            land(Flights.Flight(peer: id, request: request.message.id), of: block.index, into: &effects)
        }
        guard keep(verified, fromPeerAt: position, into: &effects) else {
            return refuse(request, .unspecified, peerAt: position, into: &effects)
        }
        peers.all[position].pace.wasOfUse()
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
            let byteCount = block.value.count
            count(peerAt: position) { counters in
                counters.blocksDownloaded += 1
                counters.bytesDownloaded += UInt64(byteCount)
            }
            effects.append(
                .event(.downloaded(block: block.index, byteCount: byteCount, from: peers.all[position].id)))
        }
        if proof.upgrade != nil { lookForNodes() }
        return verified.manifest != nil || !proof.nodes.isEmpty || proof.block != nil
    }

    // MARK: Refusing

    /// A request came to nothing. Too many of these and a peer is not asked any more.
    private mutating func refuse(
        _ request: OutstandingRequest, _ reason: NoDataMessage.Reason, peerAt position: Int, into effects: inout Effects
    ) {
        if let want = request.want { seekIsRefused(want) }
        if isBlameworthy(request, peerAt: position) {
            peers.all[position].conduct.refused(reason, limits: limits)
            peers.all[position].pace.refused(now: now, limits: limits)
            count(peerAt: position) { $0.backOffs += 1 }
        }
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
        _ request: OutstandingRequest, _ error: any Error, tree: TreeHead, peerAt position: Int,
        into effects: inout Effects
    ) {
        let id = peers.all[position].id
        abandon(request, to: id)
        switch error {
        case let error as TreeError where error.code == .staleUpgrade:
            // Our tree has grown since it was asked for; nothing is wrong with the peer.
            break
        case let error as TreeError where error.code == .invalidOperation && request.discards != discards:
            // It may lead to a node that was known when it was asked for, and was forgotten since.
            break
        case let error as TreeError where error.code == .invalidOperation && request.reliesOnEarlier:
            // It may lead to a node that an earlier answer was to bring and did not.
            peers.all[position].awaited.distrust()
        case is TreeError, is ManifestError:
            reportInvalid(error, fromPeerAt: position, into: &effects)
            guard !configuration.allowsPush else {
                // Whoever takes pushes may get an answer that fits nobody (PROTOCOL §7, Bad data).
                peers.all[position].conduct.refused(.unspecified, limits: limits)
                peers.all[position].pace.refused(now: now, limits: limits)
                break
            }
            peers.all[position].conduct.sentInvalidData()
            withdrawAll(fromPeerAt: position, into: &effects)
        default:
            effects.append(.event(.storageFailed(error)))
        }
    }

    /// Tells observers of what did not verify, or could not be.
    mutating func reportInvalid(_ error: any Error, fromPeerAt position: Int, into effects: inout Effects) {
        guard error is TreeError || error is ManifestError else {
            return effects.append(.event(.storageFailed(error)))
        }
        count(peerAt: position) { $0.invalidData += 1 }
        effects.append(.event(.invalidData(PeerFault(.invalidData, "\(error)"), from: peers.all[position].id)))
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
