import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine

extension Core {
    /// Queues the write set of a verified batch. Nothing of it is shown to anybody before it is committed.
    func store(
        _ batch: VerifiedBatch, _ id: CommitID, in state: inout CoreState, _ effects: inout Effects,
        _ aftermath: inout Aftermath
    ) {
        if let head = batch.head?.tree { stopIfOvertaken(by: head, in: &state, &aftermath) }
        guard batch.fork == state.staged.fork, batch.head == nil || batch.baseLength == state.staged.length else {
            // A change of our own is under way that the batch does not know.
            state.machine?.replicator.failed(id, into: &effects)
            return
        }
        guard let writer, let staging = stage(batch, in: &state) else {
            // It cannot be stored: a read-only store, or one whose bitfield cannot be read. The peers are let go, for
            // the machine would only ask them again.
            aftermath.closing += state.peers.values.map { ($0, .failed) }
            return
        }
        _ = writer.enqueue(staging.write.set) { [self] outcome in finishStoring(batch, id, staging, outcome) }
        aftermath.drivesWriter = true
    }

    /// A batch that is queued, and what the core becomes with it.
    struct Staging: Sendable {
        var write: CoreWrite
        let head: HeadRecord
        let identity: CoreIdentity
        let presence: PresenceChange
        let group: GroupRecord?
        let epoch: UInt64
    }

    /// Stages a batch; `nil` where the bitfield cannot be read. Its writes are about to be queued.
    func stage(_ batch: VerifiedBatch, in state: inout CoreState) -> Staging? {
        let before = state.staged
        var head = before
        if let grown = batch.head {
            head.tree = grown.tree
            // What the manifest fixes needs no signature, and what came in the place of one means nothing.
            let isSigned = grown.tree.length > prologueLength(in: state, after: batch)
            head.signature = isSigned ? grown.signature ?? [] : []
        }
        var identity = state.identity
        if let manifest = batch.manifest { identity.manifest = manifest.encoded }

        var write = CoreWrite(stored, expecting: before)
        write.reserve(
            blocks: batch.blocks.count, byteCount: batch.blocks.reduce(0) { $0 + $1.value.count },
            nodes: batch.nodes.count)
        for block in batch.blocks { write.put(block.value, at: block.index, spans: head.spans) }
        write.add(batch.nodes, spans: head.spans)
        if batch.head != nil { write.put(head: head) }
        if batch.manifest != nil { write.put(identity: identity) }
        do {
            let presence = try state.blocks.change(
                by: batch.blocks.runs.map(PresenceEdit.add), oldLength: before.length, length: head.length,
                in: &write)
            let group = batch.head == nil ? nil : moveInGroup(state, in: &write)
            state.staged = head
            state.blocks.advance(to: presence)
            state.group.advance(to: group)
            state.underway.push(batch.nodes)
            return Staging(
                write: write, head: head, identity: identity, presence: presence, group: group,
                epoch: state.stagingEpoch)
        } catch {
            return nil
        }
    }

    /// How many blocks the manifest fixes, which the batch may bring.
    private func prologueLength(in state: borrowing CoreState, after batch: VerifiedBatch) -> UInt64 {
        guard state.authority == nil, let manifest = batch.manifest else { return state.prologueLength }
        return (try? TreeAuthority(key: key, manifest: manifest))?.prologue?.length ?? 0
    }

    /// Takes over what became of a queued batch.
    private func finishStoring(
        _ batch: VerifiedBatch, _ id: CommitID, _ staging: Staging, _ outcome: Result<CommitReceipt, StorageError>
    ) {
        turn { state, effects in
            state.underway.popFirst()
            switch outcome {
            case .success:
                state.blocks.commit(staging.presence)
                commitGroup(staging.group, hasMoved: batch.head != nil, in: &state, &effects)
                if batch.head != nil {
                    state.durable = staging.head
                    effects.events.append(.appended(length: staging.head.length))
                }
                if let manifest = batch.manifest { learn(manifest, staging.identity, in: &state) }
                state.machine?.replicator.committed(id, log: CoreLogView(self, state), into: &effects.replication)
            case .failure(let error):
                resetStaging(epoch: staging.epoch, in: &state, after: error)
                state.machine?.replicator.failed(id, into: &effects.replication)
                // A lost race is tried again at once; a store that is out of order would fail for ever.
                if error.code != .conflict || state.isSuperseded { effects.abandonsPeers = true }
            }
        }
        endIfUnused()
    }

    func learn(_ manifest: CoreManifest, _ identity: CoreIdentity, in state: inout CoreState) {
        state.identity = identity
        do {
            state.authority = try TreeAuthority(key: key, manifest: manifest)
        } catch {
            preconditionFailure("a manifest was verified that does not belong to the core: \(error)")
        }
    }
}
