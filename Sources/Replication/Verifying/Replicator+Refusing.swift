import Bitfield
import Manifest
import MerkleTree

// What becomes of a peer whose answers are of no use, or are not true.

extension Replicator {
    /// A request came to nothing. Too many of these and a peer is not asked any more.
    mutating func refuse(
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
    mutating func reject(
        _ request: OutstandingRequest, _ error: any Error, peerAt position: Int, log: some LogView & ~Escapable,
        into effects: inout Effects
    ) {
        abandon(request, to: peers.all[position].id)
        switch error {
        case let error as TreeError where error.code == .staleUpgrade:
            // Our tree has grown since it was asked for; nothing is wrong with the peer.
            break
        case _ where mayRestOnForgotten(request, error):
            break
        case let error as TreeError where error.code == .invalidOperation && request.reliesOnEarlier:
            // It may lead to a node that an earlier answer was to bring and did not.
            peers.all[position].awaited.distrust()
        default:
            guard let fault = fault(behind: error, into: &effects) else { return }
            if configuration.allowsPush {
                // Whoever takes pushes may get an answer that fits nobody (PROTOCOL §7, Bad data): a few cost no trust.
                report(fault, ofPeerAt: position, into: &effects)
                peers.all[position].conduct.refused(.unspecified, limits: limits)
                peers.all[position].pace.refused(now: now, limits: limits)
                if peers.all[position].conduct.isPaused { withdrawAll(fromPeerAt: position, into: &effects) }
            } else {
                distrust(peerAt: position, fault, into: &effects)
            }
            checkForConflict(over: error, withPeerAt: position, log: log, into: &effects)
        }
    }

    /// Whether an answer may not verify because of what was known when it was asked for, and was forgotten since: the node that
    /// it leads to, or the manifest.
    func mayRestOnForgotten(_ request: OutstandingRequest, _ error: any Error) -> Bool {
        guard request.discards != discards else { return false }
        return (error as? TreeError)?.code == .invalidOperation
            || error is ManifestError && !request.message.wantsManifest
    }

    /// What a peer has done wrong, where what it sent did not verify; `nil` where it was the log that could not be read, of which
    /// observers are told.
    mutating func fault(behind error: any Error, about subject: String = "", into effects: inout Effects) -> PeerFault?
    {
        guard error is TreeError || error is ManifestError else {
            effects.append(.event(.storageFailed(error)))
            return nil
        }
        return PeerFault(.invalidData, "\(subject)\(error)")
    }

    /// Asks a peer for nothing more, because of what it sent.
    mutating func distrust(peerAt position: Int, _ fault: PeerFault, into effects: inout Effects) {
        report(fault, ofPeerAt: position, into: &effects)
        peers.all[position].conduct.sentInvalidData()
        withdrawAll(fromPeerAt: position, into: &effects)
    }

    /// Tells observers of what did not verify.
    mutating func report(_ fault: PeerFault, ofPeerAt position: Int, into effects: inout Effects) {
        count(peerAt: position) { $0.invalidData += 1 }
        effects.append(.event(.invalidData(fault, from: peers.all[position].id)))
    }
}
