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
        do {
            while true {
                if let result = try await append(leaves, through: writer) { return result }
            }
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// Queues the blocks and waits for their commit.
    ///
    /// - Returns: `nil` where the append was chained on one that failed, and is to be made again.
    private func append(_ leaves: Leaves, through writer: GroupWriter) async throws -> Hypercore.AppendResult? {
        let room = try await writer.room(for: leaves.byteCount)
        let (result, ticket) = try state.withLock { state in try stage(leaves, in: &state, room) }
        do throws(StorageError) {
            try await writer.commit(ticket)
            return result
        } catch {
            // Ours to repeat only if it was our own chain that broke. What the store holds in place of our history
            // would refuse us for ever.
            guard error.code == .conflict, !state.withLock({ $0.isSuperseded }) else { throw error }
            return nil
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
    ) throws -> (Hypercore.AppendResult, CommitTicket) {
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
        state.pendingWrites += 1
        let epoch = state.stagingEpoch
        let ticket = writer.enqueue(write.set, in: room) { [self] outcome in
            finishAppend(seal, presence, epoch: epoch, outcome)
        }
        return (Hypercore.AppendResult(length: head.length, byteLength: head.tree.byteLength), ticket)
    }

    /// Takes over what became of a queued append; called in the order of the queue.
    private func finishAppend(
        _ seal: HeadSeal, _ presence: PresenceChange, epoch: UInt64, _ outcome: Result<CommitReceipt, StorageError>
    ) {
        turn { state, effects in
            state.pendingWrites -= 1
            if case .failure(let error) = outcome { return resetStaging(epoch: epoch, in: &state, after: error) }
            state.blocks.commit(presence)
            // Of the appends of one group only the last one's head was made; the others are part of it.
            guard let head = seal.result else { return }
            let oldLength = state.durable.length
            state.durable = head
            effects.events.append(.appended(length: head.length))
            state.replicator.localChanged(
                .appended(oldLength: oldLength), log: CoreLogView(self, state), into: &effects.replication)
        }
        endIfUnused()
    }

    /// Gives up what is staged: what follows chains on what is on disk.
    ///
    /// Write sets end in the order of the queue, so the first of an epoch to fail was chained on the durable head. If
    /// that one met another head, the store holds another history than this core knows.
    func resetStaging(epoch: UInt64, in state: inout CoreState, after error: StorageError) {
        guard state.stagingEpoch == epoch else { return }
        if error.code == .conflict { state.isSuperseded = true }
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
