import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine
import Synchronization

extension Core {
    /// The tree after everything that is queued, with its nodes: what an import compares with and builds on.
    var stagedTree: (head: TreeHead, nodes: StagedTree, knowsManifest: Bool) {
        state.withLock { state in
            let nodes = StagedTree(staged: state.underway, stored: stored.tree(spans: state.staged.spans))
            return (state.staged.tree, nodes, state.authority != nil)
        }
    }

    /// Which of these blocks are not here.
    func missing(of blocks: [(index: UInt64, value: ArraySlice<UInt8>)]) throws -> [VerifiedBatch.Block] {
        try state.withLock { state in
            try blocks.filter { block in
                try block.index >= state.durable.length || !state.blocks.contains(block.index)
            }
        }.map { VerifiedBatch.Block(index: $0.index, value: $0.value) }
    }

    /// Stores what an archive has proven, and waits for the commit.
    ///
    /// - Parameter base: the tree that the batch was made for.
    /// - Returns: `false` where the log has another tree by now, so that nothing was stored.
    func merge(_ batch: VerifiedBatch, onto base: TreeHead) async throws -> Bool {
        let writer = try requireWriter()
        while true {
            let room = try await writer.room(for: batch.byteCount)
            var aftermath = Aftermath(isHeard: isHeard)
            let ticket = try state.withLock { state -> CommitTicket? in
                try requireChangeable(state)
                guard state.staged.tree == base else { return nil }
                if let head = batch.head?.tree { stopIfOvertaken(by: head, in: &state, &aftermath) }
                guard let staging = stage(batch, in: &state) else {
                    throw HypercoreError(.damaged, key: key, "the record of which blocks are here cannot be read")
                }
                return writer.enqueue(staging.write.set, in: room) { [self] outcome in
                    finishMerging(batch, staging, outcome)
                }
            }
            aftermath.carryOut(on: self)
            guard let ticket else { return false }
            if try await isCommitted(ticket, through: writer) { return true }
        }
    }

    /// Takes over what became of a queued batch, and tells everybody.
    private func finishMerging(
        _ batch: VerifiedBatch, _ staging: Staging, _ outcome: Result<CommitReceipt, StorageError>
    ) {
        turn { state, effects in
            state.underway.popFirst()
            if case .failure(let error) = outcome {
                return resetStaging(epoch: staging.epoch, in: &state, after: error)
            }
            state.blocks.commit(staging.presence)
            commitGroup(staging.group, hasMoved: batch.head != nil, in: &state, &effects)
            var changes = batch.blocks.runs.map(LocalChange.stored)
            if let manifest = batch.manifest {
                learn(manifest, staging.identity, in: &state)
                changes.insert(.manifestSet, at: 0)
            }
            if batch.head != nil {
                // A new fork replaces an empty log; what peers said of the old one counts no more.
                let isNewFork = state.durable.fork != staging.head.fork
                changes.insert(contentsOf: isNewFork ? [.truncated(oldLength: 0), .upgraded] : [.upgraded], at: 0)
                state.durable = staging.head
                effects.events.append(.appended(length: staging.head.length))
            }
            let log = CoreLogView(self, state)
            for change in changes {
                state.machine?.replicator.localChanged(change, log: log, into: &effects.replication)
            }
        }
        endIfUnused()
    }
}

extension VerifiedBatch {
    /// About what its write set weighs, for the bound of the queue.
    fileprivate var byteCount: Int { blocks.reduce(1024) { $0 + $1.value.count + 64 } + 64 * nodes.count }
}
