import Manifest
import MerkleTree

extension Replicator {
    /// Takes the answer to a question about a fork, also one that comes too late, if it is still of use. One that does not
    /// verify costs the peer our trust, and the log nothing.
    mutating func receiveAboutFork(
        _ data: DataMessage, answering request: OutstandingRequest, _ subject: ForkQuestion.Subject,
        fromPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        let id = peers.all[position].id
        // By now the log may have moved on, or another peer may have answered.
        guard data.fork > verifiedTree(log).fork, isOpen(subject, ofFork: request.message.fork) else {
            return abandon(request, to: id)
        }
        do {
            let isOfUse =
                subject == .head
                ? try addCandidate(data, answering: request, log: log) : try goOn(with: data, log: log)
            guard isOfUse else { return refuse(request, .unspecified, peerAt: position, into: &effects) }
            peers.all[position].pace.wasOfUse()
            abandon(request, to: id)
        } catch {
            abandon(request, to: id)
            guard !mayRestOnForgotten(request, error),
                let fault = fault(behind: error, about: "fork \(data.fork): ", into: &effects)
            else { return }
            distrust(peerAt: position, fault, into: &effects)
        }
    }

    /// Whether there is no answer yet.
    private func isOpen(_ subject: ForkQuestion.Subject, ofFork fork: UInt64) -> Bool {
        guard let position = forks.position(of: fork) else { return subject == .head }
        return forks.candidates[position].search?.question.map { .suspect($0.suspect) } == subject
    }

    /// Takes an answer as the next step of the search; false where it has not what was asked for.
    private mutating func goOn(with data: DataMessage, log: some LogView & ~Escapable) throws -> Bool {
        guard let answer = data.proof.hash, let position = forks.position(of: data.fork) else { return false }
        try forks.receive(answer, at: position, log: log)
        return true
    }

    /// Takes an answer as the head of a fork, if it is signed; false where it is of no use to us.
    private mutating func addCandidate(
        _ data: DataMessage, answering request: OutstandingRequest, log: some LogView & ~Escapable
    ) throws -> Bool {
        guard let asked = request.message.parts.upgrade, let upgrade = data.proof.upgrade, upgrade.start == 0 else {
            return false
        }
        let (authority, learnt) = try authority(over: data, log: log)
        let verdict = try TreeHead(fork: data.fork).verify(data.proof, reading: [:])
        guard case .unsigned(let unsigned) = verdict else { return false }
        try authority.check(unsigned.requestedHead, from: 0)
        _ = try unsigned.accept { head, signature in
            try authority.verify(signature, of: head)
            return true
        }
        // A peer that names a length and then sends an older head is holding something back.
        guard unsigned.head.length >= asked.length else { return false }
        // The tree of a prologue is true without a signature, and then nobody has vouched for the fork.
        let isForkSigned = authority.prologue.map { unsigned.head.length > $0.length } ?? true
        guard isForkSigned || verifiedTree(log).length == 0 else { return false }
        let head = SignedHead(tree: unsigned.head, signature: unsigned.signature)
        forks.add(ForkCandidate(head: head, manifest: learnt), limit: limits.forkCandidates)
        return true
    }
}
