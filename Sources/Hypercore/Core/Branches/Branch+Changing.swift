import HypercoreStorage
import MerkleTree
import StorageEngine
import Synchronization

extension Branch {
    /// Appends blocks, all or none, in one commit.
    func append(
        _ blocks: [[UInt8]], encryptedBy cipher: SessionCipher?, _ terms: AppendTerms = AppendTerms()
    ) async throws -> Hypercore.AppendResult {
        let writer = try core.requireWriter()
        let encryptor = try cipher?.encryptor(of: core)
        let plain = try encryptor == nil ? Leaves(of: blocks, core: core) : nil
        guard !blocks.isEmpty else { return Hypercore.AppendResult(durableHead) }
        do {
            while true {
                let room = try await writer.room(
                    for: Leaves.byteCount(of: blocks, padding: encryptor?.paddingByteCount ?? 0))
                let place = encryptingPlace
                let encrypted = try encryptor.map { try Leaves(of: blocks, encryptedBy: $0, at: place, core: core) }
                let staged = try stage(room: room, through: writer) { draft, _ in
                    // Somebody else may have appended while the blocks were encrypted.
                    guard encrypted == nil || Self.encryptingPlace(at: draft.base) == place else { return false }
                    try core.requireRoom(for: blocks.count, after: draft.head.length, terms)
                    if let leaves = encrypted ?? plain { try draft.append(leaves, hashing: core.hashing) }
                    return true
                }
                guard let (head, commit) = staged else { continue }
                if try await isCommitted(commit, through: writer) { return Hypercore.AppendResult(head) }
            }
        } catch {
            throw HypercoreError.translating(error, key: core.key)
        }
    }

    /// Cuts the branch at `length`; see ``Hypercore/truncate(to:fork:)``.
    func truncate(to length: UInt64, fork: UInt64?) async throws {
        do {
            let writer = try core.requireWriter()
            while true {
                let room = try await writer.room(for: Core.truncationByteCount)
                let staged = try stage(room: room, through: writer) { draft, coreState in
                    let underway = state.withLock { $0.underway }
                    try core.truncate(
                        &draft, to: length, fork: fork, authority: coreState.authority, underway: underway
                    ) {
                        try core.generations.take(above: $0, coreState.staged.spans, forBranch: true)
                    }
                    return true
                }
                guard let (_, commit) = staged else { continue }
                if try await isCommitted(commit, through: writer) { return }
            }
        } catch {
            throw HypercoreError.translating(error, key: core.key)
        }
    }
}

// MARK: - Encrypting

extension Branch {
    /// Where the next block is encrypted for.
    ///
    /// No two blocks may ever be encrypted for one index and fork, and the main line appends at the same indices. So a
    /// branch encrypts as if it was a fork of its own, above those of any log; who decrypts does not ask for the fork. A
    /// generation has one block at an index.
    private var encryptingPlace: LogPlace { state.withLock { Self.encryptingPlace(at: $0.staged) } }

    /// Below 2^53, so that it is a number everywhere.
    private static let firstFork: UInt64 = 1 << 52

    private static func encryptingPlace(at head: HeadRecord) -> LogPlace {
        LogPlace(fork: firstFork + UInt64(head.spans.generation(of: head.length).value), length: head.length)
    }
}

// MARK: - Staging

extension Branch {
    /// Makes a change on the staged head, under both locks, and queues it.
    ///
    /// - Parameter edit: makes the draft, and says whether it is to be queued.
    private func stage(
        room: GroupWriter.Room, through writer: GroupWriter,
        _ edit: (inout CoreDraft, borrowing CoreState) throws -> Bool
    ) throws -> (HeadRecord, CommitTicket)? {
        try core.state.withLock { coreState in
            try core.requireChangeable(coreState)
            let before = try state.withLock { try $0.existing(self) }
            var draft = CoreDraft(on: before.staged)
            guard try edit(&draft, coreState) else { return nil }
            var write = CoreWrite(core.stored, branch: name, expecting: draft.base)
            draft.compose(into: &write, core.generations, keptBy: coreState.durable)
            write.put(branch: name, head: draft.head)
            state.withLock { state in
                state.staged = draft.head
                if let cut = draft.cut { state.underway.cut(at: cut) }
                state.underway.push(draft.nodes)
            }
            let (head, cut, epoch) = (draft.head, draft.cut, before.stagingEpoch)
            let ticket = writer.enqueue(write.set, in: room) { [self] outcome in
                finish(head, cut: cut, epoch: epoch, outcome)
            }
            return (head, ticket)
        }
    }

    /// Takes over what became of a queued change; called in the order of the queue.
    private func finish(
        _ head: HeadRecord, cut: UInt64?, epoch: UInt64, _ outcome: Result<CommitReceipt, StorageError>
    ) {
        let isStored = core.state.withLock { coreState in
            let isStored = state.withLock { state in
                state.underway.popFirst()
                switch outcome {
                case .success:
                    state.durable = head
                    return true
                case .failure(let error):
                    state.resetStaging(epoch: epoch, after: error)
                    return false
                }
            }
            forgetIfUnused(in: &coreState)
            return isStored
        }
        if isStored {
            events.publish([cut.map { .truncated(length: $0, fork: head.fork) } ?? .appended(length: head.length)])
            if cut != nil { core.registry.sweep() }
        }
        core.endIfUnused()
    }

    /// Waits for a commit.
    ///
    /// - Returns: `false` where the change was chained on one that failed, and is to be made again.
    func isCommitted(_ ticket: CommitTicket, through writer: GroupWriter) async throws -> Bool {
        do throws(StorageError) {
            try await writer.commit(ticket)
            return true
        } catch {
            guard error.code == .conflict, !state.withLock({ $0.isSuperseded }) else { throw error }
            return false
        }
    }
}
