import HypercoreStorage
import StorageEngine
import Synchronization

/// One branch of a log that is open: a further head over the log's blocks, which all sessions on it share.
///
/// Nobody signs it and no peer hears of it. Its own blocks lie in generations of its own; those below the point where it
/// began it shares with the main line, for as long as that has them, and keeps from being swept after.
///
/// Its changes are write sets in the same queue as the log's, each of which expects the head that it was chained on.
/// They are staged under the core's lock, inside which the branch's own is taken; reading takes the latter alone.
final class Branch: Sendable {
    let core: Core
    let name: [UInt8]
    let events = EventHub()
    let state: Mutex<BranchState>

    init(_ name: [UInt8], of core: Core, state: consuming sending BranchState) {
        self.name = name
        self.core = core
        self.state = Mutex(state)
    }
}

/// What a branch knows and has under way.
struct BranchState {
    /// The head that is on disk: what sessions see.
    var durable: HeadRecord
    /// The head after everything that was queued.
    var staged: HeadRecord
    /// Counts the times that staging was set back; see ``CoreState/stagingEpoch``.
    var stagingEpoch: UInt64 = 0
    /// The changes that are queued and have not ended.
    var underway = StagedNodes()
    /// Sessions, and operations, that need the branch. Only counted under the core's lock.
    var holders = 1
    /// The commit that stores a new branch.
    var creation: CommitTicket?
    /// The commit that deletes the branch, while it is under way.
    var removal: CommitTicket?
    /// Whether the branch is no longer stored.
    var isDeleted = false
    /// Whether the store holds something else than this knows: nothing can be written until it is opened again.
    var isSuperseded = false

    init(_ head: HeadRecord) {
        (durable, staged) = (head, head)
    }

    /// The state, if the branch can be used.
    func existing(_ branch: Branch) throws(HypercoreError) -> BranchState {
        guard !isDeleted, removal == nil else { throw .branchDeleted(branch) }
        return self
    }

    /// Gives up what is staged; see ``Core/resetStaging(epoch:in:after:)``.
    mutating func resetStaging(epoch: UInt64, after error: StorageError) {
        guard stagingEpoch == epoch else { return }
        if error.code == .conflict { isSuperseded = true }
        stagingEpoch += 1
        staged = durable
        underway.invalidate()
    }
}

// MARK: - Holding

extension Branch {
    var hasWritesUnderway: Bool { state.withLock { $0.underway.count > 0 } }

    /// Counts one more holder of a branch that is held already.
    func retain() throws {
        try core.state.withLock { coreState in
            try core.requireChangeable(coreState)
            try state.withLock { state in
                _ = try state.existing(self)
                state.holders += 1
            }
        }
    }

    /// Lets go of the branch. It is forgotten when nobody holds it and nothing of it is under way.
    func release() {
        core.state.withLock { coreState in
            state.withLock { $0.holders -= 1 }
            forgetIfUnused(in: &coreState)
        }
    }

    func forgetIfUnused(in coreState: inout CoreState) {
        let isUnused = state.withLock { $0.holders == 0 && $0.underway.count == 0 || $0.isDeleted }
        if isUnused, coreState.branches[name] === self { coreState.branches[name] = nil }
    }
}

// MARK: - Reading

extension Branch {
    var durableHead: HeadRecord { state.withLock { $0.durable } }

    /// How many blocks from the first on are here: those that the log still shares, and if all of these are, the rest.
    var contiguousLength: UInt64 { core.state.withLock { core.contiguousLength(ofBranch: durableHead, in: $0) } }

    /// Up to where `tail` is not to be swept for the sake of the branch. Called under the core's lock.
    func end(in tail: GenerationTail) -> UInt64 { state.withLock { $0.durable.end(in: tail) } }

    /// The block `index`, if it is here.
    func read(_ index: UInt64) throws -> [UInt8]? {
        let head = try readableHead()
        if let block = try core.block(index, of: head) { return block }
        guard try follow() else { return nil }
        return try core.block(index, of: readableHead())
    }

    /// Whether block `index` is here.
    func has(_ index: UInt64) throws -> Bool {
        try core.hasBlock(index, of: readableHead())
    }

    private func readableHead() throws -> HeadRecord {
        if let ended = core.ended { throw ended }
        return try state.withLock { try $0.existing(self).durable }
    }

    /// Takes over what another process has written to the branch, in a store that was opened read-only.
    ///
    /// - Returns: whether the branch has changed.
    func follow() throws -> Bool {
        guard core.writer == nil else { return false }
        do {
            let stored = try core.stored.branch(name)
            return state.withLock { state in
                guard let stored else {
                    state.isDeleted = true
                    return false
                }
                defer { (state.durable, state.staged) = (stored, stored) }
                return stored != state.durable
            }
        } catch {
            throw HypercoreError(error, key: core.key)
        }
    }
}

// MARK: - Reading by a head that is not the main line's

extension Core {
    /// How many blocks of a branch's head are here from the first on: those that the log still shares, and if all of these
    /// are, the rest.
    func contiguousLength(ofBranch head: HeadRecord, in state: borrowing CoreState) -> UInt64 {
        let main = state.durable
        let shared = min(head.spans.sharedLength(with: main.spans), main.length, head.length)
        let contiguous = state.blocks.contiguousLength(of: main.length)
        return contiguous < shared ? contiguous : head.length
    }

    /// The block `index` of `head`, if it is here.
    func block(_ index: UInt64, of head: HeadRecord) throws -> [UInt8]? {
        guard index < head.length else { return nil }
        do {
            return try stored.block(index, spans: head.spans)
        } catch {
            throw HypercoreError(error, key: key)
        }
    }

    /// Whether block `index` of `head` is here.
    func hasBlock(_ index: UInt64, of head: HeadRecord) throws -> Bool {
        guard index < head.length else { return false }
        do {
            return try stored.containsBlock(index, spans: head.spans)
        } catch {
            throw HypercoreError(error, key: key)
        }
    }

    /// Whether the log still has block `index` of `head`, so that a peer may bring it.
    func isShared(_ index: UInt64, with head: HeadRecord) -> Bool {
        let now = durableHead
        return index < min(head.length, now.length)
            && now.spans.generation(of: index) == head.spans.generation(of: index)
    }
}

extension HypercoreError {
    static func branchDeleted(_ branch: Branch) -> HypercoreError {
        HypercoreError(.closed, key: branch.core.key, "branch \(branch.words) was deleted")
    }
}

extension Branch {
    /// The name, for messages.
    var words: String { "\"\(String(decoding: name, as: UTF8.self))\"" }
}
