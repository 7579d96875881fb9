import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import StorageEngine
import Synchronization

/// What the main line of a log takes over from a branch.
struct Adoption: Sendable {
    /// The branch, and its head, which the store must still hold.
    let branch: [UInt8]
    let branchHead: HeadRecord
    /// The main line's head that it was planned for.
    let mainHead: HeadRecord
    /// What the main line becomes.
    let tree: TreeHead
    let spans: Spans
    /// How many blocks of the main line stay stored where they are.
    let keptLength: UInt64
    /// Which blocks from there on are here.
    let storedBlocks: [Range<UInt64>]
    /// Whether blocks of the main line give way to other ones, which begins a new fork.
    let replacesBlocks: Bool

    /// Whether the main line stands where the adoption was planned for. Its head may not be signed yet, or again.
    func isMeant(for head: HeadRecord) -> Bool { head.tree == mainHead.tree && head.spans == mainHead.spans }
}

extension Core {
    /// How often a commit of a branch is planned again because the log or the branch has moved meanwhile.
    private static let maximumCommitAttempts = 8

    /// Commits a branch into the main line; see ``Hypercore/commit(_:length:replacing:signature:)``.
    ///
    /// What is compared and read is read outside all locks; under the lock it is only checked that neither side has
    /// moved since.
    func commit(
        _ branch: Branch, length: UInt64?, replacing: Bool, signature: [UInt8]?, of session: WaitScope
    ) async throws -> Hypercore.AppendResult {
        do {
            let writer = try requireWriter()
            var attempts = 0
            while true {
                try Task.checkCancellation()
                guard let (main, head) = try restingHeads(of: branch) else {
                    // Ends when everything that is queued has.
                    try await writer.commit(WriteSet())
                    continue
                }
                attempts += 1
                guard let adoption = try plan(branch, head, into: main, length: length, replacing: replacing) else {
                    return Hypercore.AppendResult(main)
                }
                do {
                    return try await carryOut(adoption, of: branch, signature: signature, session, through: writer)
                } catch let error as HypercoreError where error.code == .conflict {
                    guard attempts < Self.maximumCommitAttempts, !state.withLock({ $0.isSuperseded }) else {
                        throw error
                    }
                }
            }
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// The heads of the main line and of a branch, if nothing of either is under way.
    private func restingHeads(of branch: Branch) throws -> (main: HeadRecord, branch: HeadRecord)? {
        try state.withLock { state in
            try requireChangeable(state)
            let branchState = try branch.state.withLock { try $0.existing(branch) }
            guard state.underway.count == 0, branchState.underway.count == 0 else { return nil }
            return (state.durable, branchState.durable)
        }
    }

    private func carryOut(
        _ adoption: Adoption, of branch: Branch, signature: [UInt8]?, _ session: WaitScope, through writer: GroupWriter
    ) async throws -> Hypercore.AppendResult {
        let edit: HeadChange.Edit = { [self] draft, state in
            if signature == nil { try requireSigner(state) }
            let branchHead = try branch.state.withLock { try $0.existing(branch).staged }
            guard adoption.isMeant(for: draft.head), branchHead == adoption.branchHead else {
                throw HypercoreError.commitOvertaken(key)
            }
            draft.adopt(adoption)
        }
        guard let signature else {
            let step = HeadStep.truncate(to: adoption.tree.length, fork: adoption.tree.fork)
            return try await move(
                HeadChange(step: step, byteCount: Self.truncationByteCount, making: .anywhere(edit)), of: session)
        }
        try verify(signature, of: adoption.tree)
        let room = try await writer.room(for: Self.truncationByteCount)
        let (result, ticket) = try serving { state, _ in
            try requireChangeable(state)
            var draft = CoreDraft(on: state.staged)
            try edit(&draft, state)
            let result = Hypercore.AppendResult(draft.head)
            return (result, try enqueue(draft, signature: signature, in: &state, room: room, through: writer))
        }
        guard try await isCommitted(ticket, through: writer) else { throw HypercoreError.commitOvertaken(key) }
        return result
    }

    private func verify(_ signature: [UInt8], of tree: TreeHead) throws {
        guard let authority = state.withLock({ $0.authority }) else {
            throw HypercoreError(.notAvailable, key: key, "the manifest of the log is not known here")
        }
        do {
            try authority.verify(signature, of: tree)
        } catch {
            throw HypercoreError(
                .invalidManifest, key: key,
                "the signature is not one over length \(tree.length) of fork \(tree.fork): \(error)")
        }
    }
}

extension HypercoreError {
    fileprivate static func commitOvertaken(_ key: CoreKey) -> HypercoreError {
        HypercoreError(
            .conflict, key: key,
            "the log or the branch was changed by others as often as the commit was tried; try again when they are done"
        )
    }
}

// MARK: - Planning

extension Core {
    /// Compares a branch with the main line.
    ///
    /// - Returns: `nil` where the main line has all of it.
    /// - Throws: `.conflict` where blocks of the main line would be lost, unless that is what is wanted; `.outOfBounds`.
    private func plan(
        _ branch: Branch, _ head: HeadRecord, into main: HeadRecord, length: UInt64?, replacing: Bool
    ) throws -> Adoption? {
        let length = length ?? head.length
        guard length <= head.length else {
            throw HypercoreError(
                .outOfBounds, key: key, "branch \(branch.words) has \(head.length) blocks, and no first \(length)")
        }
        if let prologue = state.withLock({ $0.authority?.prologue }), length < prologue.length {
            throw HypercoreError(
                .outOfBounds, key: key,
                "the manifest fixes the first \(prologue.length) blocks; the log cannot end at \(length)")
        }
        let shared = min(main.spans.sharedLength(with: head.spans), main.length, length)
        let stored = try self.stored.storedRuns(in: shared..<length, spans: head.spans)
        let isExtension = try extends(main, by: head, to: length, shared: shared, stored: stored)
        if isExtension, length == main.length { return nil }
        guard isExtension || replacing else {
            throw HypercoreError(
                .conflict, key: key,
                "\(main.length - shared) blocks of the log from \(shared) on are not those of branch \(branch.words) and "
                    + "would be lost; commit with `replacing: true` if that is meant")
        }
        let fork = isExtension ? main.fork : main.fork + 1
        let reader = self.stored.tree(spans: head.spans)
        var spans = head.spans
        // The branch goes on in the generation that it has, and the main line in another.
        spans.truncate(to: length, beginning: try generations.take(above: head.spans, main.spans, forBranch: true))
        return Adoption(
            branch: branch.name, branchHead: head, mainHead: main,
            tree: try tree(of: head, cutAt: length, fork: fork, reading: reader), spans: spans, keptLength: shared,
            storedBlocks: stored, replacesBlocks: !isExtension)
    }

    /// Whether the first `length` blocks of a branch are those of the main line and more.
    ///
    /// They may be the same without being the same stored ones, where both sides have appended the same.
    private func extends(
        _ main: HeadRecord, by head: HeadRecord, to length: UInt64, shared: UInt64, stored: [Range<UInt64>]
    ) throws -> Bool {
        guard length >= main.length else { return false }
        guard shared < main.length else { return true }
        // Where blocks of the main line are here and those of the branch are not, they are not given up for them.
        guard stored == [shared..<length] else { return false }
        let reader = self.stored.tree(spans: head.spans)
        return try tree(of: head, cutAt: main.length, reading: reader).hasSameTree(as: main.tree)
    }
}
