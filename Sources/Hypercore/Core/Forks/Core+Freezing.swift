import HypercoreStorage
import Replication
import StorageEngine
import Synchronization

// Two histories of one fork were signed (PROTOCOL §4, Conflict). Nobody can tell which of them is the right one, so the log
// is neither changed nor replicated any more.

extension Core {
    /// Keeps the proof, and ends the core.
    ///
    /// The machine has stopped already and does not wait for the proof to be stored: after a crash before that, the next
    /// connection to the peer leads here again.
    func freeze(over conflict: Replication.HistoryConflict, in state: inout CoreState, _ aftermath: inout Aftermath) {
        guard let peer = state.peers[conflict.peer] else { return }
        let record = ConflictRecord(
            fork: conflict.fork, length: conflict.length, remotePublicKey: peer.remotePublicKey,
            ours: conflict.ours.encoded, theirs: conflict.theirs.encoded)
        let proof = ConflictProof(record)
        aftermath.conflict = proof
        // What still waits hears of it in place of a mere refusal.
        state.end = state.end ?? .frozen(proof)
        guard let writer else { return }
        // The core stays until this has ended: opened again before, it would not know of it.
        state.underway.push([])
        _ = writer.enqueue(stored.writeSet(keeping: record)) { [self] _ in
            // Where it could not be stored, the log opens unfrozen and finds the conflict again.
            self.state.withLock { $0.underway.popFirst() }
            registry.forgetEnded(self)
        }
        aftermath.drivesWriter = true
    }

    /// Why the log is frozen; `nil` where it is not.
    func conflict() throws -> ConflictProof? {
        try stored.conflict().map { ConflictProof($0) }
    }
}
