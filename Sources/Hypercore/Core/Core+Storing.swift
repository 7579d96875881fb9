import HypercoreStorage
import MerkleTree
import Replication
import StorageEngine

extension Core {
    /// Queues the write set of a verified batch. Nothing of it is shown to anybody before it is committed.
    func store(_ batch: VerifiedBatch, _ id: CommitID, in state: inout CoreState) {
        guard let writer else { preconditionFailure("a batch was verified for a store that is read-only") }
        let before = state.staged
        var head = before
        if let newHead = batch.head {
            head.tree = newHead.tree
            head.signature = newHead.signature ?? []
        }
        var identity = state.identity
        if let manifest = batch.manifest { identity.manifest = manifest.encoded }

        var write = CoreWrite(stored, expectingFork: batch.fork, length: before.length)
        for block in batch.blocks { write.put(block.value, at: block.index, spans: head.spans) }
        write.add(batch.nodes, spans: head.spans)
        let indices = batch.blocks.map(\.index).sorted()
        state.blocks.stageStore(indices, length: head.length, in: &write)
        if batch.head != nil { write.put(head: head) }
        if batch.manifest != nil { write.put(identity: identity) }
        state.staged = head

        let (staged, stagedIdentity, epoch) = (head, identity, state.stagingEpoch)
        _ = writer.enqueue(write.set) { [self] outcome in
            finishStoring(id, batch, head: staged, identity: stagedIdentity, epoch: epoch, outcome)
        }
    }

    /// Takes over what became of a queued batch.
    private func finishStoring(
        _ id: CommitID, _ batch: VerifiedBatch, head: HeadRecord, identity: CoreIdentity, epoch: UInt64,
        _ outcome: Result<CommitReceipt, StorageError>
    ) {
        step { state, _, effects in
            guard case .success = outcome else {
                resetStaging(epoch: epoch, in: &state)
                state.replicator.failed(id, log: CoreLogView(self, state), into: &effects)
                return
            }
            if batch.head != nil { state.durable = head }
            if let manifest = batch.manifest {
                state.identity = identity
                state.manifest = manifest
            }
            state.blocks.commitStore(batch.blocks.map(\.index), length: state.durable.length)
            state.replicator.committed(id, log: CoreLogView(self, state), into: &effects)
        }
        if batch.head != nil { events.publish(.appended(length: head.length)) }
    }
}
