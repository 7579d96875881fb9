import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine
import Synchronization

extension Core {
    var appendingStop: AppendingStop? { state.withLock { $0.canSign ? $0.trust.stop : nil } }

    /// Throws where what is signed could be a second history.
    func requireTrust(_ state: borrowing CoreState) throws(HypercoreError) {
        if let stop = state.trust.stop { throw stop.error(key) }
    }

    /// Takes the user's word that the history is whole; see ``Hypercore/trustHistory()``.
    func trustHistory() async throws {
        do {
            let writer = try requireWriter()
            let ticket = try state.withLock { state -> CommitTicket? in
                try requireChangeable(state)
                if state.trust.isFrozen { try requireTrust(state) }
                guard state.canSign, state.trust.stop != nil else { return nil }
                return save(state.trust.confirmed, in: &state, through: writer)
            }
            if let ticket { try await writer.commit(ticket) }
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// The store's doubt was settled for all its logs.
    func doubtWasSettled() {
        turn { state, effects in
            changeTrust(in: &state, &effects.events) { $0.settleDoubt() }
        }
    }

    /// Queues a record of trust, which counts once it is stored.
    private func save(
        _ record: TrustRecord, in state: inout CoreState, through writer: GroupWriter
    ) -> CommitTicket {
        // The core stays until this has ended: opened again before, it would not know of it.
        state.underway.push([])
        let overtakings = state.trust.overtakings
        return writer.enqueue(stored.writeSet(changingTrustTo: record)) { [self] outcome in
            turn { state, effects in
                state.underway.popFirst()
                changeTrust(in: &state, &effects.events) { trust in
                    switch outcome {
                    case .success: trust.adopt(record, after: overtakings)
                    case .failure: trust.isUnstored = trust.isUnstored || record.isOvertaken
                    }
                }
            }
            endIfUnused()
        }
    }

    /// Changes the trust in the log, and tells if appending stops or goes on with it.
    private func changeTrust(
        in state: inout CoreState, _ events: inout [CoreEvent], _ change: (inout HistoryTrust) -> Void
    ) {
        let before = state.trust.stop
        change(&state.trust)
        let after = state.trust.stop
        guard state.canSign, before != after else { return }
        events.append(after.map(CoreEvent.appendingStopped) ?? .appendingResumed)
    }
}

// MARK: - What peers say

extension Core {
    /// Lets a peer that has the log from elsewhere confirm its length.
    ///
    /// Nobody is believed while another peer claims to have more: the proof of that may be on its way.
    func hearWitness(
        _ messages: [WireMessage], from channel: PeerChannel, in state: inout CoreState, _ effects: inout TurnEffects
    ) {
        guard state.trust.awaitsWitness, state.canSign, let writer,
            let remoteKey = channel.stream.remotePublicKey
        else { return }
        let head = state.durable
        for case .sync(let sync) in messages {
            let confirms = registry.witnesses.withLock { witnesses in
                witnesses.hear(sync, from: remoteKey, of: stored.number, fork: head.fork, length: head.length)
            }
            guard confirms, !isSomebodyAhead(of: head, state.machine) else { continue }
            _ = save(state.trust.confirmed, in: &state, through: writer)
            effects.drivesWriter = true
        }
    }

    private func isSomebodyAhead(of head: HeadRecord, _ machine: ReplicationMachine?) -> Bool {
        guard let machine else { return false }
        return machine.replicator.openPeers.contains { id in
            guard let peer = machine.replicator.status(of: id) else { return false }
            return peer.fork > head.fork || peer.fork == head.fork && peer.length > head.length
        }
    }

    /// Stops appending to a log that was brought here before this store knew that it signs it.
    func overtake(in state: inout CoreState, _ effects: inout TurnEffects) {
        guard let writer else { return }
        changeTrust(in: &state, &effects.events) { $0.overtake() }
        _ = save(state.trust.record, in: &state, through: writer)
        effects.drivesWriter = true
    }

    /// Stops appending where a peer has made the log longer that nobody but this store should make longer.
    ///
    /// Where several may sign, others make it longer all the time.
    func stopIfOvertaken(by head: TreeHead, in state: inout CoreState, _ aftermath: inout Aftermath) {
        // What the manifest fixes is everybody's to bring.
        guard head.length > state.durable.length || head.fork > state.durable.fork,
            head.length > state.prologueLength, state.canSign, state.authority?.manifest.signers.count == 1, let writer
        else { return }
        // A log that was overtaken before is stopped already, on disk as well.
        guard !state.trust.record.isOvertaken || state.trust.isUnstored else { return }
        state.trust.isUnstored = false
        changeTrust(in: &state, &aftermath.events) { $0.overtake() }
        // Queued before the batch, so it is on disk no later than what the batch brings.
        _ = save(state.trust.record, in: &state, through: writer)
        aftermath.drivesWriter = true
    }
}
