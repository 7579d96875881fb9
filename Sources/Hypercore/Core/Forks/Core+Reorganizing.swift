import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine

// A peer has a history of a higher fork, signed as ours is: the log takes it over (PROTOCOL §4, Reorg).

extension Core {
    /// Queues the write set that moves the log to another history: one, so that after a crash it is the one or the other.
    ///
    /// Nothing is deleted here. What lies past the ancestor stays with its generation for snapshots, and is swept later.
    func reorganize(
        _ reorganization: Reorganization, _ id: CommitID, in state: inout CoreState, _ effects: inout Effects,
        _ aftermath: inout Aftermath
    ) {
        stopIfOvertaken(by: reorganization.head.tree, in: &state, &aftermath)
        guard reorganization.baseFork == state.staged.fork, reorganization.baseLength == state.staged.length else {
            // A change of our own is under way that the new history does not know.
            state.machine?.replicator.failed(id, into: &effects)
            return
        }
        guard let writer, let move = stage(reorganization, in: &state) else {
            // As for a batch: asked again, the peers would only bring it again.
            aftermath.closing += state.peers.values.map { ($0, .failed) }
            return
        }
        _ = writer.enqueue(move.write.set) { [self] outcome in finish(move, id, outcome) }
        aftermath.drivesWriter = true
    }

    /// A reorganization that is queued, and what the core becomes with it.
    private struct Move: Sendable {
        var write: CoreWrite
        let ancestorLength: UInt64
        let head: HeadRecord
        let presence: PresenceChange
        let group: GroupRecord?
        let epoch: UInt64
    }

    /// Stages a reorganization; `nil` where what is stored cannot be read. Its writes are about to be queued.
    private func stage(_ reorganization: Reorganization, in state: inout CoreState) -> Move? {
        let (before, ancestorLength) = (state.staged, reorganization.ancestorLength)
        do {
            var head = before
            head.tree = reorganization.head.tree
            let isSigned = head.length > state.prologueLength
            head.signature = isSigned ? reorganization.head.signature ?? [] : []
            head.spans.truncate(to: ancestorLength, beginning: try generations.take(above: before.spans))

            var write = CoreWrite(stored, expecting: before)
            write.abandonWhatIsDropped(from: before.spans, length: before.length, to: head.spans)
            if let next = generations.record { write.put(nextGeneration: next) }
            write.add(reorganization.nodes, spans: head.spans)
            write.put(head: head)
            if let record = marks.cut(at: ancestorLength) { write.put(marks: record) }
            let presence = try state.blocks.change(
                by: [.truncate(ancestorLength)], oldLength: before.length, length: head.length, in: &write)
            let group = moveInGroup(state, in: &write)

            state.staged = head
            state.blocks.advance(to: presence)
            state.group.advance(to: group)
            state.underway.cut(at: ancestorLength)
            state.underway.push(reorganization.nodes)
            return Move(
                write: write, ancestorLength: ancestorLength, head: head, presence: presence, group: group,
                epoch: state.stagingEpoch)
        } catch {
            return nil
        }
    }

    /// Takes over what became of a queued reorganization.
    private func finish(_ move: Move, _ id: CommitID, _ outcome: Result<CommitReceipt, StorageError>) {
        turn { state, effects in
            state.underway.popFirst()
            switch outcome {
            case .success:
                state.blocks.commit(move.presence)
                commitGroup(move.group, hasMoved: true, in: &state, &effects)
                state.durable = move.head
                effects.events.append(.truncated(length: move.ancestorLength, fork: move.head.fork))
                if move.head.length > move.ancestorLength {
                    effects.events.append(.appended(length: move.head.length))
                }
                state.machine?.replicator.committed(id, log: CoreLogView(self, state), into: &effects.replication)
            case .failure(let error):
                resetStaging(epoch: move.epoch, in: &state, after: error)
                state.machine?.replicator.failed(id, into: &effects.replication)
                if error.code != .conflict || state.isSuperseded { effects.abandonsPeers = true }
            }
        }
        registry.sweep()
        endIfUnused()
    }
}
