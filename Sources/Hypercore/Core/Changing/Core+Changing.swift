import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine
import Synchronization

/// A change that was staged and is queued to be written.
struct StagedChange: Sendable {
    /// The signed head, once it was made; `nil` where the head does not move.
    let seal: HeadSeal?
    let presence: PresenceChange
    /// The lowest length that the log is cut to on the way.
    let cut: UInt64?
    /// How many blocks are appended and not cut off again.
    let appendedBlockCount: Int
    let cleared: [Range<UInt64>]
    /// Blocks that are stored and that nobody was told of.
    let found: [Range<UInt64>]
    /// Where the log stands in its group afterwards; `nil` where that changes nothing.
    let group: GroupRecord?
    /// Whether a branch is taken over, which may leave blocks of the log behind though it is not cut.
    let adoptsBranch: Bool
    /// Whether damaged nodes are replaced or dropped.
    let repairsTree: Bool
    let epoch: UInt64
}

extension Core {
    /// Puts the writes of `draft` into `write`, chained on what is staged. Changes nothing yet.
    ///
    /// - Parameter signature: that of the draft's head, where it was made beforehand.
    /// - Throws: where the bitfield cannot be read, or the log is closed or cannot or must not be signed here.
    func compose(
        _ draft: CoreDraft, signature: [UInt8]? = nil, in state: borrowing CoreState, into set: WriteSet = WriteSet()
    ) throws -> (set: WriteSet, change: StagedChange) {
        precondition(draft.base == state.staged, "a draft was composed on another head than it was made for")
        var write = CoreWrite(stored, expecting: draft.base, in: set)
        draft.compose(into: &write, generations)
        let presence = try state.blocks.change(
            by: draft.presence, oldLength: draft.base.length, length: draft.head.length, in: &write)
        var seal: HeadSeal?
        if draft.movesHead {
            try requireTrust(state)
            try requirePrologue(of: draft, state.authority?.prologue)
            let sign = try signing(draft, signature, in: state)
            let made = HeadSeal(draft.head, sign: sign)
            write.put(head: made)
            seal = made
        }
        var group: GroupRecord?
        if draft.movesHead || draft.joinedGroup != nil {
            group = moveInGroup(state, joining: draft.joinedGroup, in: &write)
        }
        if let cut = draft.cut, let record = marks.cut(at: cut) { write.put(marks: record) }
        let change = StagedChange(
            seal: seal, presence: presence, cut: draft.cut,
            appendedBlockCount: draft.runs.reduce(0) { $0 + $1.blocks.count }, cleared: draft.cleared,
            found: draft.found, group: group,
            adoptsBranch: draft.adoption != nil, repairsTree: draft.repairsTree, epoch: state.stagingEpoch)
        return (write.set, change)
    }

    /// What signs a draft's head when its group is sealed. The manifest vouches for a tree that it fixes.
    private func signing(
        _ draft: CoreDraft, _ signature: [UInt8]?, in state: borrowing CoreState
    ) throws(HypercoreError) -> @Sendable (HeadRecord) throws -> [UInt8] {
        let isSigned = draft.head.length > state.prologueLength
        if !isSigned, draft.head.fork == draft.base.fork { return { _ in [] } }
        if let signature { return { _ in isSigned ? signature : [] } }
        guard state.remoteSigner == nil else { throw HypercoreError.signedElsewhere(key) }
        guard let signer = state.signer else { throw HypercoreError.signsNothing(key, state) }
        return { [hashing] head in isSigned ? try signer.sign(head.tree, hashing: hashing) : [] }
    }

    /// Moves what is staged on to the draft's end; its writes are about to be queued.
    func advance(_ state: inout CoreState, to draft: CoreDraft, _ change: StagedChange) {
        state.staged = draft.head
        state.blocks.advance(to: change.presence)
        state.group.advance(to: change.group)
        if let cut = draft.cut { state.underway.cut(at: cut) }
        state.underway.push(draft.nodes)
    }

    /// Stages a draft and queues its writes.
    func enqueue(
        _ draft: CoreDraft, signature: [UInt8]? = nil, in state: inout CoreState, room: GroupWriter.Room? = nil,
        through writer: GroupWriter
    ) throws -> CommitTicket {
        let (set, change) = try compose(draft, signature: signature, in: state)
        advance(&state, to: draft, change)
        return writer.enqueue(set, in: room) { [self] outcome in finish(change, outcome) }
    }

    /// Takes over what became of a queued change, and ends the core if only that has kept it; called in the order of the queue.
    func finish(_ change: StagedChange, _ outcome: Result<CommitReceipt, StorageError>) {
        takeOver(change, outcome, callerCount: 1)
        endIfUnused()
    }

    /// Takes over what became of a queued change.
    ///
    /// - Parameter callerCount: how many callers' changes it is made of.
    func takeOver(_ change: StagedChange, _ outcome: Result<CommitReceipt, StorageError>, callerCount: Int) {
        var leavesGarbage = false
        turn { state, effects in
            state.underway.popFirst()
            if case .failure(let error) = outcome { return resetStaging(epoch: change.epoch, in: &state, after: error) }
            registry.tally.appended(blockCount: change.appendedBlockCount, callerCount: callerCount)
            state.blocks.commit(change.presence)
            commitGroup(change.group, hasMoved: change.seal?.result != nil, in: &state, &effects)
            if let cut = change.cut { state.cutSinceDurable = min(state.cutSinceDurable ?? cut, cut) }
            // Of the changes of one group only the last one's head was made; the others are part of it.
            if let head = change.seal?.result {
                leavesGarbage = change.adoptsBranch || state.cutSinceDurable != nil
                move(to: head, in: &state, &effects)
            }
            if change.repairsTree {
                state.machine?.replicator.localChanged(
                    .repaired, log: CoreLogView(self, state), into: &effects.replication)
            }
            for range in change.cleared {
                effects.events.append(.cleared(range))
                state.machine?.replicator.localChanged(
                    .cleared(range), log: CoreLogView(self, state), into: &effects.replication)
            }
            for range in change.found {
                state.machine?.replicator.localChanged(
                    .stored(range), log: CoreLogView(self, state), into: &effects.replication)
            }
        }
        if leavesGarbage { registry.sweep() }
    }

    /// Takes over a head of our own that is on disk now, and tells everybody.
    private func move(to head: HeadRecord, in state: inout CoreState, _ effects: inout TurnEffects) {
        let oldLength = state.durable.length
        state.durable = head
        var grownFrom = oldLength
        if let cut = state.cutSinceDurable {
            state.cutSinceDurable = nil
            effects.events.append(.truncated(length: min(cut, oldLength), fork: head.fork))
            state.machine?.replicator.localChanged(
                .truncated(oldLength: oldLength), log: CoreLogView(self, state), into: &effects.replication)
            grownFrom = min(cut, oldLength)
        }
        guard head.length > grownFrom else { return }
        effects.events.append(.appended(length: head.length))
        state.machine?.replicator.localChanged(
            .appended(oldLength: grownFrom), log: CoreLogView(self, state), into: &effects.replication)
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
        state.underway.invalidate()
        state.blocks.resetStaging()
        state.group.resetStaging()
    }
}

// MARK: - Making changes

extension Core {
    /// Makes a change that leaves the head where it is, and waits for its commit; ``move(_:of:)`` makes the others.
    ///
    /// `edit` makes the draft under the core's lock. The head that it builds on may belong to a commit that is still under
    /// way: should that fail, this change is refused with it (its expectation no longer holds) and is made again on what
    /// is there then, so `edit` may be called several times. What waits in line has come before it, and is queued before it.
    func change<Value: Sendable>(
        byteCount: Int, _ edit: (inout CoreDraft, borrowing CoreState) throws -> Value
    ) async throws -> Value {
        do {
            let writer = try requireWriter()
            while true {
                let room = try await writer.room(for: byteCount)
                let (value, ticket) = try serving { state, served in
                    try requireChangeable(state)
                    writeLine(&state, &served)
                    var draft = CoreDraft(on: state.staged)
                    let value = try edit(&draft, state)
                    return (value, try enqueue(draft, in: &state, room: room, through: writer))
                }
                if try await isCommitted(ticket, through: writer) { return value }
            }
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// Waits for a commit.
    ///
    /// - Returns: `false` where the change was chained on one that failed, and is to be made again.
    func isCommitted(_ ticket: CommitTicket, through writer: GroupWriter) async throws -> Bool {
        do throws(StorageError) {
            try await writer.commit(ticket)
            return true
        } catch {
            // Ours to repeat only if it was our own chain that broke. What the store holds in place of our history
            // would refuse us for ever.
            guard error.code == .conflict, !state.withLock({ $0.isSuperseded }) else { throw error }
            return false
        }
    }

    /// Through what this log is written.
    func requireWriter() throws(HypercoreError) -> GroupWriter {
        guard let writer else { throw HypercoreError(.notWritable, key: key, "the store was opened read-only") }
        return writer
    }

    /// Throws where no change can be made to the log any more.
    func requireChangeable(_ state: borrowing CoreState) throws(HypercoreError) {
        if let end = state.end { throw end.error(key) }
    }

    /// Throws where this store cannot sign for the log, or must not.
    func requireSigner(_ state: borrowing CoreState) throws(HypercoreError) {
        guard state.canSign else { throw HypercoreError.signsNothing(key, state) }
        try requireTrust(state)
    }

    /// Throws where this store cannot sign a log that grows by `count` blocks, or must not. What the manifest fixes needs
    /// no signature.
    func requireSigner(
        _ state: borrowing CoreState, appending count: UInt64, to length: UInt64
    ) throws(HypercoreError) {
        guard length + count > state.prologueLength || count == 0 else { return }
        try requireSigner(state)
    }
}

extension HypercoreError {
    /// Why nobody here signs the log.
    static func signsNothing(_ key: CoreKey, _ state: borrowing CoreState) -> HypercoreError {
        let quorum = state.authority?.quorum ?? 1
        let reason =
            switch quorum {
            case 0: "nobody can sign the log: it is what its manifest fixes, and nothing else"
            case 1: "this store does not hold the signing key of the log"
            default:
                "the log is signed by \(quorum) of its signers: collect their shares of a SignableTree, and append with the signature that they make"
            }
        return HypercoreError(.notWritable, key: key, reason)
    }

    static func signedElsewhere(_ key: CoreKey) -> HypercoreError {
        HypercoreError(
            .notWritable, key: key,
            "the log is signed by a signer that has to be waited for, so it can take part in no batch; change it alone")
    }
}
