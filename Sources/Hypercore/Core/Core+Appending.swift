import Crypto
import HypercoreStorage
import MerkleTree
import Replication
import StorageEngine
import Synchronization

extension Core {
    /// Appends blocks: hash outside the lock, chain and queue under it, wait for the commit outside again.
    ///
    /// The head that the blocks chain on may belong to a commit that is still under way. Should that fail, this one is
    /// refused with it (its expectation no longer holds) and is prepared again on what is there then.
    func append(_ blocks: some Collection<[UInt8]>) async throws -> Hypercore.AppendResult {
        let writer = try requireWriter()
        let leaves = try Leaves(of: blocks, core: self)
        guard !leaves.isEmpty else { return currentResult() }
        while true {
            let room = try await writer.room(for: leaves.byteCount)
            let (result, epoch, ticket) = try state.withLock { state in
                try stage(leaves, in: &state, room)
            }
            do {
                _ = try await writer.commit(ticket)
                return result
            } catch  where error.code == .conflict {
                // Ours to repeat only if it was our own chain that broke; another's change is the caller's to hear of.
                guard state.withLock({ $0.stagingEpoch != epoch }) else { throw HypercoreError(error, key: key) }
            } catch {
                throw HypercoreError(error, key: key)
            }
        }
    }

    private func requireWriter() throws(HypercoreError) -> GroupWriter {
        guard let writer else {
            throw HypercoreError(.notWritable, key: key, "the store was opened read-only")
        }
        guard state.withLock({ $0.signer != nil }) else {
            throw HypercoreError(.notWritable, key: key, "this store does not hold the signing key of the log")
        }
        return writer
    }

    private func currentResult() -> Hypercore.AppendResult {
        let tree = durableHead.tree
        return Hypercore.AppendResult(length: tree.length, byteLength: tree.byteLength)
    }

    /// Chains the leaves on the staged head and queues their write set.
    private func stage(
        _ leaves: Leaves, in state: inout CoreState, _ room: GroupWriter.Room
    ) throws -> (Hypercore.AppendResult, epoch: UInt64, CommitTicket) {
        guard !state.isClosed, let signer = state.signer, let writer else {
            throw HypercoreError(.closed, key: key, "the log is closed")
        }
        let before = state.staged
        var head = before
        let nodes = try head.tree.append(leaves.hashed, hashing: hashing)

        var write = CoreWrite(stored, expectingFork: before.fork, length: before.length)
        for (offset, block) in leaves.blocks.enumerated() {
            write.put(block[...], at: before.length + UInt64(offset), spans: head.spans)
        }
        write.putNew(nodes, spans: head.spans)
        let presence = try state.blocks.stage(
            [before.length..<head.length], oldLength: before.length, length: head.length, in: &write)
        let seal = HeadSeal(head) { [hashing] head in try signer.sign(head.tree, hashing: hashing) }
        write.put(head: seal)
        state.staged = head
        let epoch = state.stagingEpoch
        let ticket = writer.enqueue(write.set, in: room) { [self] outcome in
            finishAppend(seal, presence, epoch: epoch, outcome)
        }
        return (Hypercore.AppendResult(length: head.length, byteLength: head.tree.byteLength), epoch, ticket)
    }

    /// Takes over what became of a queued append; called in the order of the queue.
    private func finishAppend(
        _ seal: HeadSeal, _ presence: PresenceChange, epoch: UInt64, _ outcome: Result<CommitReceipt, StorageError>
    ) {
        turn { state, effects in
            guard case .success = outcome else { return resetStaging(epoch: epoch, in: &state) }
            state.blocks.commit(presence)
            // Of the appends of one group only the last one's head was made; the others are part of it.
            guard let head = seal.result else { return }
            let oldLength = state.durable.length
            state.durable = head
            effects.events.append(.appended(length: head.length))
            state.replicator.localChanged(
                .appended(oldLength: oldLength), log: CoreLogView(self, state), into: &effects.replication)
        }
    }

    /// Gives up what is staged: what follows chains on what is on disk.
    func resetStaging(epoch: UInt64, in state: inout CoreState) {
        guard state.stagingEpoch == epoch else { return }
        state.stagingEpoch += 1
        state.staged = state.durable
        state.blocks.resetStaging()
    }
}

/// Blocks with their leaf hashes, made before any lock is taken.
private struct Leaves {
    let blocks: [[UInt8]]
    let hashed: [TreeLeaf]
    /// About what their write set weighs, for the bound of the queue.
    let byteCount: Int

    var isEmpty: Bool { blocks.isEmpty }

    init(of blocks: some Collection<[UInt8]>, core: Core) throws(HypercoreError) {
        self.blocks = Array(blocks)
        var hashed: [TreeLeaf] = []
        hashed.reserveCapacity(self.blocks.count)
        var byteCount = 0
        for block in self.blocks {
            guard block.count <= Hypercore.maximumBlockByteCount else {
                throw HypercoreError(
                    .blockTooLarge, key: core.key,
                    "a block of \(block.count) bytes is larger than the \(Hypercore.maximumBlockByteCount) that a log takes"
                )
            }
            hashed.append(TreeLeaf(hash: core.hashing.leaf(block.span.bytes), size: UInt64(block.count)))
            byteCount += block.count + 128
        }
        self.hashed = hashed
        self.byteCount = byteCount
    }
}
