import Manifest
public import MerkleTree

// Peers' requests wait in a bounded queue, and the driver pulls them as fast as the peer takes the answers (PROTOCOL §7,
// Answering). What needs no proof is answered here.

extension Replicator {
    /// Puts a request in the peer's queue.
    mutating func receive(_ request: RequestMessage, fromPeerAt position: Int, into effects: inout Effects) {
        peers.all[position].uploads.add(request)
        peers.all[position].announcesAnswers = true
        guard peers.all[position].uploads.count > limits.requestsFromPeer else { return }
        let fault = PeerFault(.tooManyRequests, "more than \(limits.requestsFromPeer) requests wait to be answered")
        close(peerAt: position)
        effects.append(.destroyStream(peers.all[position].id, fault))
    }

    /// Tells the driver whom to ask for requests.
    mutating func announceAnswers(into effects: inout Effects) {
        for position in peers.all.indices where peers.all[position].announcesAnswers {
            peers.all[position].announcesAnswers = false
            effects.append(.answersReady(peers.all[position].id))
        }
    }

    /// The next request of a peer that takes a proof to answer, or `nil` if none waits.
    ///
    /// Call it while the peer's stream is drained. What can be answered without a proof is in `effects`; they belong before
    /// the answer to what is returned. If many such requests wait, it returns `nil` after a bounded number of them, and
    /// ``Effect/answersReady(_:)`` is in `effects` again.
    public mutating func nextAnswer(
        for peer: PeerID, log: some LogView & ~Escapable, into effects: inout Effects
    ) -> Answer? {
        guard let position = peers.position(of: peer), !peers.all[position].isClosing else { return nil }
        answerWindow(toPeerAt: position, log: log, into: &effects)
        defer { countSent(&effects) }
        for _ in 0..<limits.plainAnswersAtOnce {
            guard let (ticket, request) = peers.all[position].uploads.next() else {
                if let push = nextPush(toPeerAt: position, log: log) { return push }
                break
            }
            guard let plain = plainAnswer(to: request, log: log) else {
                return Answer(peer: peer, parts: request.parts, fork: request.fork, ticket: ticket)
            }
            _ = peers.all[position].uploads.finish(ticket)
            effects.send(plain, to: peer)
        }
        let hasMore =
            peers.all[position].uploads.isWaiting || !peers.all[position].windowsToAnswer.isEmpty
            || !peers.all[position].pushes.isEmpty
        if hasMore { effects.append(.answersReady(peer)) }
        return nil
    }

    /// Sends the answer to a request, unless the peer has cancelled it in the meantime.
    ///
    /// - Parameters:
    ///   - answer: the request, as the effect named it.
    ///   - result: the proof, or why there is none.
    ///   - log: where blocks and nodes are read from.
    ///   - now: the time of the turn.
    ///   - effects: what is to be done is appended.
    public mutating func answered(
        _ answer: Answer, with result: Result<Proof, AnswerFailure>, log: some LogView & ~Escapable,
        now: Milliseconds, into effects: inout Effects
    ) {
        guard let position = peers.position(of: answer.peer), !peers.all[position].isClosing else { return }
        pass(to: now)
        defer { countSent(&effects) }
        guard let ticket = answer.ticket else {
            return finishPush(answer, with: result, peerAt: position, log: log, into: &effects)
        }
        switch result {
        case .success(let proof):
            guard let request = peers.all[position].uploads.finish(ticket) else { return }
            let block = proof.block.map { (index: $0.index, byteCount: $0.value.count) }
            let data = DataMessage(
                request: request.id, fork: request.fork, proof: proof, manifest: manifest(for: request, log: log))
            effects.send(.data(data), to: answer.peer)
            if let block { isUploaded(block.index, byteCount: block.byteCount, toPeerAt: position, into: &effects) }
        case .failure(.notAvailable):
            guard let request = peers.all[position].uploads.finish(ticket) else { return }
            effects.send(refusal(of: request, log: log), to: answer.peer)
        case .failure(.invalidRequest):
            count(peerAt: position) { $0.invalidRequests += 1 }
            effects.append(.event(.invalidRequest(answer.parts, from: answer.peer)))
            refuseLater(ticket, peerAt: position, now: now, into: &effects)
        }
    }

    /// Tells that a block was sent, asked for or not.
    mutating func isUploaded(_ block: UInt64, byteCount: Int, toPeerAt position: Int, into effects: inout Effects) {
        count(peerAt: position) { counters in
            counters.blocksUploaded += 1
            counters.bytesUploaded += UInt64(byteCount)
        }
        effects.append(.event(.uploaded(block: block, byteCount: byteCount, to: peers.all[position].id)))
    }

    /// The answer to a request that takes no proof; `nil` if it does.
    private func plainAnswer(to request: RequestMessage, log: some LogView & ~Escapable) -> WireMessage? {
        let tree = log.head.tree
        guard request.fork == tree.fork else { return refusal(of: request, log: log) }
        if let block = request.parts.block?.index, !log.has(block) { return refusal(of: request, log: log) }
        guard tree.length == 0 || request.parts.isEmpty else { return nil }
        return .data(
            DataMessage(request: request.id, fork: request.fork, manifest: manifest(for: request, log: log)))
    }

    /// What is sent where the block is not here, or the fork is another: the manifest at least, if it was asked for.
    private func refusal(of request: RequestMessage, log: some LogView & ~Escapable) -> WireMessage {
        guard let manifest = manifest(for: request, log: log) else {
            return .noData(NoDataMessage(request: request.id, reason: .notAvailable))
        }
        return .data(DataMessage(request: request.id, fork: log.head.tree.fork, manifest: manifest))
    }

    /// The manifest, if it was asked for; a compat core never sends one.
    private func manifest(for request: RequestMessage, log: some LogView & ~Escapable) -> CoreManifest? {
        guard request.wantsManifest, let authority = log.authority, !authority.isCompat else { return nil }
        return authority.manifest
    }
}

// MARK: - Invalid requests

extension Replicator {
    private mutating func refuseLater(
        _ ticket: UploadQueue.Ticket, peerAt position: Int, now: Milliseconds, into effects: inout Effects
    ) {
        peers.all[position].refusals.add(ticket, now: now)
        let count = peers.all[position].refusals.invalidRequests
        guard count >= limits.invalidRequests else { return }
        let fault = PeerFault(.tooManyInvalidRequests, "\(count) requests could not be answered by anybody")
        close(peerAt: position)
        effects.append(.destroyStream(peers.all[position].id, fault))
    }

    /// Refuses the invalid requests that have waited long enough.
    mutating func refuseWhatIsDue(now: Milliseconds, into effects: inout Effects) {
        for position in peers.all.indices {
            while let ticket = peers.all[position].refusals.popDue(now: now) {
                guard let request = peers.all[position].uploads.finish(ticket) else { continue }
                let message = NoDataMessage(request: request.id, reason: .invalidRequest)
                effects.send(.noData(message), to: peers.all[position].id)
            }
        }
    }

    /// Deals with a peer no longer, until the driver says that it is gone.
    mutating func close(peerAt position: Int) {
        peers.all[position].isClosing = true
        peers.all[position].uploads = UploadQueue()
    }
}
