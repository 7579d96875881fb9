import MerkleTree

// A peer of a higher fork has a history that is to take the place of ours (PROTOCOL §4, Reorg). Its head is fetched and
// verified whole; only then a search begins for the block at which it parts from ours, and only once that is found anything
// happens to the log. Until then all goes on as before with the peers of our own fork.
//
// A fork is asked about at one peer at a time, and a peer is asked one such question at a time. So what is remembered is
// bounded by the number of peers and by `ReplicationLimits.forkCandidates`.

extension Replicator {
    /// Looks into the higher forks that peers have, and takes one over when it is known where it parts from ours.
    mutating func followForks(log: some LogView & ~Escapable, into effects: inout Effects) throws {
        forks.deadline = nil
        let tree = verifiedTree(log)
        guard isConcernedWithForks(above: tree.fork) else { return }
        forks.removeAll(upTo: tree.fork)
        guard followsForks(from: tree) else {
            forks.removeAll(upTo: .max)
            return reportIgnoredForks(above: tree, into: &effects)
        }
        guard !forks.isMoving else { return }
        // Where nobody wants to know any more, what was found is forgotten: until somebody does, it is of the past.
        guard wantsUpgrade(over: tree) else { return forks.removeAll(upTo: .max) }
        // While the log's first head is being stored there is nothing yet to compare with.
        if log.head.tree.length > 0 || overlay.head == nil {
            try forks.compare(with: log, now: now)
            takeOverFork(log: log, into: &effects)
        }
        guard !forks.isMoving else { return }
        askAboutForks(above: verifiedTree(log).fork, log: log, into: &effects)
        forks.deadline = forksDeadline
    }

    /// Whether a peer is in a higher fork or is being asked about one. Mostly none is, and this is asked in every turn.
    private func isConcernedWithForks(above fork: UInt64) -> Bool {
        !forks.candidates.isEmpty || forks.isMoving
            || peers.all.indices.contains { position in
                peers.all[position].forkQuestion != nil || peers.all[position].remote.map { $0.fork > fork } ?? false
            }
    }

    /// An empty log has no history to lose: it is begun in whatever fork there is.
    private func followsForks(from tree: TreeHead) -> Bool {
        configuration.allowsForks || tree.length == 0
    }

    /// Tells observers, once for each fork of a peer, what is not followed.
    private mutating func reportIgnoredForks(above tree: TreeHead, into effects: inout Effects) {
        for position in peers.all.indices {
            guard let remote = peers.all[position].remote, remote.fork > tree.fork, remote.length > 0,
                peers.all[position].ignoredFork != remote.fork
            else { continue }
            peers.all[position].ignoredFork = remote.fork
            effects.append(.event(.forkIgnored(remote.fork, from: peers.all[position].id)))
        }
    }

    /// Whether something is under way that may soon lead to a higher fork. What keeps us waiting for too long does not count.
    var isLookingIntoForks: Bool {
        forks.isMoving || forks.deadline != nil || forks.candidates.contains { $0.ancestorLength != nil }
    }

    /// When time alone may get something on: another peer may be asked, or a fork is not kept waiting any longer.
    private var forksDeadline: Milliseconds? {
        let patience = limits.forkPatience
        let now = now
        func next(_ waits: some Sequence<Milliseconds>) -> Milliseconds? {
            waits.lazy.map { $0 + patience }.filter { $0 > now }.min()
        }
        let answer = next(peers.all.lazy.compactMap { $0.forkQuestion?.askedAt })
        let move = next(forks.candidates.lazy.compactMap(\.foundAt))
        guard let answer, let move else { return answer ?? move }
        return min(answer, move)
    }
}

// MARK: - Asking

extension Replicator {
    private mutating func askAboutForks(
        above fork: UInt64, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        guard peers.all.contains(where: { $0.remote.map { $0.fork > fork } ?? false }) else { return }
        giveUpOverdueQuestions(into: &effects)
        var asked = Set(peers.all.compactMap { $0.forkQuestion?.fork })
        // Those first that have not kept us waiting.
        let askable = peers.all.indices.filter { canAskAboutFork(peerAt: $0, above: fork) }
            .sorted { (peers.all[$0].slowness, $0) < (peers.all[$1].slowness, $1) }
        for position in askable {
            guard let remote = peers.all[position].remote, !asked.contains(remote.fork),
                forks.hasRoom(for: remote.fork, limit: limits.forkCandidates),
                let (subject, parts) = nextQuestion(about: remote, ofPeerAt: position, into: &effects)
            else { continue }
            let message = RequestMessage(id: 0, fork: remote.fork, parts: parts)
            let request = OutstandingRequest(message: message, forkSubject: subject, discards: discards)
            let id = send(request, toPeerAt: position, log: log, into: &effects)
            peers.all[position].forkQuestion = ForkQuestion(fork: remote.fork, request: id, askedAt: now)
            asked.insert(remote.fork)
        }
    }

    /// Whether a peer has blocks in a fork above `fork`, and can be asked about it now.
    private func canAskAboutFork(peerAt position: Int, above fork: UInt64) -> Bool {
        guard let remote = peers.all[position].remote, remote.fork > fork, remote.length > 0, remote.isUploading else {
            return false
        }
        return peers.all[position].forkQuestion == nil && room(peerAt: position, about: TreeHead()) > 0
    }

    /// What to ask about a peer's fork: its head, and then what the search asks, if this peer can answer it. For that its tree
    /// must reach over the suspect, and it must have one of the blocks below.
    private mutating func nextQuestion(
        about remote: SyncMessage, ofPeerAt position: Int, into effects: inout Effects
    ) -> (ForkQuestion.Subject, ProofRequest)? {
        guard let candidate = forks.position(of: remote.fork) else {
            return (.head, ProofRequest(upgrade: ProofRequest.Upgrade(start: 0, length: remote.length)))
        }
        guard let question = forks.candidates[candidate].search?.question,
            FlatTree.blocks(under: question.suspect).upperBound <= remote.length
        else { return nil }
        guard let block = hintBlock(in: question.blocks, position) else {
            // The windows are many where the log is long; in the end all are asked about.
            want(question.blocks.lowerBound, ofPeerAt: position, into: &effects)
            want(UInt64.random(in: question.blocks, using: &generator), ofPeerAt: position, into: &effects)
            return nil
        }
        return (.suspect(question.suspect), ProofRequest(hash: question.request(throughBlock: block)))
    }

    /// Takes a question back that was not answered in time, where another peer can be asked. A peer that answers everything else
    /// never counts as silent.
    private mutating func giveUpOverdueQuestions(into effects: inout Effects) {
        for position in peers.all.indices {
            guard let question = peers.all[position].forkQuestion, question.askedAt + limits.forkPatience <= now,
                peers.all.indices.contains(where: { other in
                    peers.all[other].remote?.fork == question.fork
                        && canAskAboutFork(peerAt: other, above: question.fork - 1)
                })
            else { continue }
            peers.all[position].overdueAnswers += 1
            withdraw(question.request, fromPeerAt: position, into: &effects)
        }
    }
}

extension Peer {
    /// How often it has kept us waiting too long.
    fileprivate var slowness: Int { overdueAnswers + pace.timeoutsInARow }
}
