import CompactEncoding
import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine

extension Core {
    /// Appends blocks: hash outside the lock, chain and queue under it, wait for the commit outside again.
    ///
    /// The head that the blocks chain on may belong to a commit that is still under way. Should that fail, this one is
    /// refused with it (its expectation no longer holds) and is prepared again on what is there then.
    func append(_ blocks: some Collection<[UInt8]>) async throws -> Hypercore.AppendResult {
        let writer = try requireWriter()
        let leaves = try Leaves(of: blocks, core: self)
        guard !leaves.isEmpty else { return try currentResult() }
        while true {
            try await writer.room(for: leaves.byteCount)
            let (result, epoch, ticket) = try state.withLock { state in
                try stageAppend(leaves, in: &state, with: writer)
            }
            do {
                _ = try await writer.commit(ticket)
                return result
            } catch let error as StorageError where error.code == .conflict {
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

    private func currentResult() throws(HypercoreError) -> Hypercore.AppendResult {
        let head = durableHead
        return Hypercore.AppendResult(length: head.length, byteLength: head.byteLength)
    }

    /// Chains the leaves on the staged head and queues their write set.
    private func stageAppend(
        _ leaves: Leaves, in state: inout CoreState, with writer: GroupWriter
    ) throws -> (Hypercore.AppendResult, epoch: UInt64, CommitTicket) {
        guard !state.isClosed else { throw HypercoreError(.closed, key: key, "the log is closed") }
        guard let signer = state.signer else {
            throw HypercoreError(.notWritable, key: key, "this store does not hold the signing key of the log")
        }
        let before = state.staged
        var appender = TreeAppender(length: before.length, roots: before.roots, hashing: hashing)
        for leaf in leaves.hashed {
            guard appender.append(hash: leaf.hash, size: leaf.size) else {
                throw HypercoreError(.outOfBounds, key: key, "the log would exceed 2^53 - 1 bytes")
            }
        }
        var head = before
        head.length = appender.length
        head.roots = appender.roots
        head.signature = []

        var write = CoreWrite(stored, expectingFork: before.fork, length: before.length)
        for (offset, block) in leaves.blocks.enumerated() {
            write.put(block[...], at: before.length + UInt64(offset), spans: head.spans)
        }
        write.putNew(appender.nodes, spans: head.spans)
        state.blocks.stageAppend(from: before.length, to: head.length, in: &write)
        let seal = HeadSeal(head) { [hashing] head throws(CryptoError) in
            try signer.sign(head, treeHash: hashing.tree(head.roots))
        }
        write.put(head: seal)
        state.staged = head
        let epoch = state.stagingEpoch
        let ticket = writer.enqueue(write.set) { [self] outcome in
            finishAppend(from: before.length, seal: seal, epoch: epoch, outcome)
        }
        return (
            Hypercore.AppendResult(length: head.length, byteLength: head.byteLength), epoch, ticket
        )
    }

    /// Takes over what became of a queued append; called in the order of the queue.
    private func finishAppend(
        from start: UInt64, seal: HeadSeal, epoch: UInt64, _ outcome: Result<CommitReceipt, StorageError>
    ) {
        var aftermath = Aftermath()
        state.withLock { state in
            switch outcome {
            case .success:
                // Of the appends of one group only the last one's head was made; the others are part of it.
                guard let head = seal.result else { return }
                advance(to: head, in: &state, &aftermath)
            case .failure:
                resetStaging(epoch: epoch, in: &state)
            }
        }
        aftermath.carryOut(on: self)
    }

    /// Makes an appended, committed head the one that readers and peers see.
    private func advance(to head: HeadRecord, in state: inout CoreState, _ aftermath: inout Aftermath) {
        let previous = state.durable
        state.durable = head
        state.blocks.commitAppend(from: previous.length, to: head.length)
        aftermath.events.append(.appended(length: head.length))
        changed(.appended(from: previous.length), in: &state, &aftermath)
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
    struct Leaf {
        let hash: Bytes32
        let size: UInt64
    }

    let blocks: [[UInt8]]
    let hashed: [Leaf]
    /// About what their write set weighs, for the bound of the queue.
    let byteCount: Int

    var isEmpty: Bool { blocks.isEmpty }

    init(of blocks: some Collection<[UInt8]>, core: Core) throws(HypercoreError) {
        self.blocks = Array(blocks)
        var hashed: [Leaf] = []
        hashed.reserveCapacity(self.blocks.count)
        var byteCount = 0
        for block in self.blocks {
            guard block.count <= Hypercore.maximumBlockByteCount else {
                throw HypercoreError(
                    .blockTooLarge, key: core.key,
                    "a block of \(block.count) bytes is larger than the \(Hypercore.maximumBlockByteCount) that a log takes"
                )
            }
            hashed.append(Leaf(hash: core.hashing.leaf(block.span.bytes), size: UInt64(block.count)))
            byteCount += block.count + 128
        }
        self.hashed = hashed
        self.byteCount = byteCount
    }
}
