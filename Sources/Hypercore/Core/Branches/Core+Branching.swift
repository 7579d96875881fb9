import HypercoreStorage
import Manifest
import MerkleTree
import StorageEngine
import Synchronization

/// What a branch begins from.
enum BranchOrigin: Sendable {
    case log
    case snapshot(SnapshotView)
    case branch(Branch)
}

extension Core {
    /// Opens branch `name`, which is made where it is missing.
    ///
    /// - Parameters:
    ///   - origin: what a new branch begins from.
    ///   - length: where a new branch begins; at the end where none is given.
    ///   - isCreating: whether it is made where it is missing.
    /// - Returns: the branch, retained, and whether it is new; `nil` where it is missing and not to be made.
    func openBranch(
        _ name: [UInt8], from origin: BranchOrigin, at length: UInt64?, creating isCreating: Bool
    ) async throws -> (branch: Branch, isNew: Bool)? {
        do {
            while true {
                switch try arrive(at: name, from: origin, at: length, creating: isCreating) {
                case .missing: return nil
                case .waiting(let removal):
                    // Whether it went well is told to whoever deletes it.
                    _ = try? await writer?.commit(removal)
                case .opened(let branch, let creation, let isNew):
                    guard let creation else { return (branch, false) }
                    do throws(StorageError) {
                        try await writer?.commit(creation)
                        return (branch, isNew)
                    } catch {
                        branch.release()
                        // The log moved on while the branch was queued, because a change before it failed.
                        guard error.code == .conflict, !state.withLock({ $0.isSuperseded }) else { throw error }
                    }
                }
            }
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    private enum Arrival {
        case missing
        /// It is being deleted.
        case waiting(CommitTicket)
        case opened(Branch, creation: CommitTicket?, isNew: Bool)
    }

    private func arrive(
        at name: [UInt8], from origin: BranchOrigin, at length: UInt64?, creating isCreating: Bool
    ) throws -> Arrival {
        let arrival = try state.withLock { state -> Arrival in
            try requireChangeable(state)
            if let branch = state.branches[name] {
                return branch.state.withLock { branchState in
                    if let removal = branchState.removal { return .waiting(removal) }
                    branchState.holders += 1
                    return .opened(branch, creation: branchState.creation, isNew: false)
                }
            }
            if let head = try stored.branch(name) {
                let branch = Branch(name, of: self, state: BranchState(head))
                state.branches[name] = branch
                return .opened(branch, creation: nil, isNew: false)
            }
            guard isCreating else { return .missing }
            return try create(name, from: origin, at: length, in: &state)
        }
        return arrival
    }
}

// MARK: - Creating

extension Core {
    /// Queues the record of a new branch. It copies nothing: the branch shares the blocks that its head lists.
    private func create(
        _ name: [UInt8], from origin: BranchOrigin, at length: UInt64?, in state: inout CoreState
    ) throws -> Arrival {
        let writer = try requireWriter()
        let (base, underway) = head(of: origin, in: state)
        let length = length ?? base.length
        guard length <= base.length else {
            throw HypercoreError(
                .outOfBounds, key: key, "a log of \(base.length) blocks has no branch at \(length)")
        }
        if let prologue = state.authority?.prologue, length < prologue.length {
            throw HypercoreError(
                .outOfBounds, key: key,
                "the manifest fixes the first \(prologue.length) blocks; no branch can begin at \(length)")
        }
        let tree = StagedTree(staged: underway, stored: stored.tree(spans: base.spans))
        var head = HeadRecord(tree: try self.tree(of: base, cutAt: length, reading: tree), spans: base.spans)
        head.spans.truncate(
            to: length,
            beginning: try generations.take(above: base.spans, state.staged.spans, forBranch: true))

        var write = CoreWrite(stored)
        switch origin {
        case .log: write = CoreWrite(stored, expecting: base)
        case .snapshot: break
        case .branch(let parent): write.expect(branch: parent.name, base)
        }
        write.expect(branch: name, nil)
        write.put(branch: name, head: head)
        if let next = generations.record { write.put(nextGeneration: next) }

        let branch = Branch(name, of: self, state: BranchState(head))
        let ticket = writer.enqueue(write.set) { [self] outcome in finishCreating(branch, outcome) }
        branch.state.withLock { branchState in
            branchState.creation = ticket
            branchState.underway.push([])
        }
        state.branches[name] = branch
        return .opened(branch, creation: ticket, isNew: true)
    }

    private func head(
        of origin: BranchOrigin, in state: borrowing CoreState
    ) -> (HeadRecord, StagedNodes) {
        switch origin {
        case .log: (state.staged, state.underway)
        case .snapshot(let view): (view.head, StagedNodes())
        case .branch(let parent): parent.state.withLock { ($0.staged, $0.underway) }
        }
    }

    /// The first blocks of a head's tree.
    ///
    /// - Throws: `.notAvailable` where nodes of it were never downloaded.
    func tree(
        of head: HeadRecord, cutAt length: UInt64, fork: UInt64? = nil, reading reader: some NodeReader
    ) throws -> TreeHead {
        do {
            return try head.tree.truncated(to: length, fork: fork, reading: reader)
        } catch let error as TreeError {
            guard case .missingNode = error.code else { throw error }
            throw HypercoreError(
                .notAvailable, key: key, "the tree at length \(length) is not known here: get block \(length) first")
        }
    }

    private func finishCreating(_ branch: Branch, _ outcome: Result<CommitReceipt, StorageError>) {
        state.withLock { state in
            branch.state.withLock { branchState in
                branchState.underway.popFirst()
                branchState.creation = nil
                if case .failure = outcome { branchState.isDeleted = true }
            }
            branch.forgetIfUnused(in: &state)
        }
        endIfUnused()
    }
}

// MARK: - Deleting

extension Core {
    /// Deletes branch `name`; see ``Hypercore/deleteBranch(_:)``.
    func deleteBranch(_ name: [UInt8]) async throws {
        let writer = try requireWriter()
        do {
            while true {
                guard let (branch, _) = try await openBranch(name, from: .log, at: nil, creating: false) else {
                    throw HypercoreError(
                        .notFound, key: key, "the log has no branch \"\(String(decoding: name, as: UTF8.self))\"")
                }
                defer { branch.release() }
                let ticket = try state.withLock { state in
                    try requireChangeable(state)
                    return remove(branch, in: state, through: writer)
                }
                if try await branch.isCommitted(ticket, through: writer) { return }
            }
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// Queues the deletion of a branch, which leaves to be swept what only it has.
    private func remove(
        _ branch: Branch, in state: borrowing CoreState, through writer: GroupWriter
    ) -> CommitTicket {
        let durable = state.durable
        return branch.state.withLock { branchState in
            if let removal = branchState.removal { return removal }
            let head = branchState.staged
            var write = CoreWrite(stored, branch: branch.name, expecting: head)
            write.abandonWhatIsDropped(from: head.spans, length: head.length, to: nil, keptBy: durable)
            write.put(branch: branch.name, head: nil)
            branchState.underway.push([])
            let epoch = branchState.stagingEpoch
            let ticket = writer.enqueue(write.set) { [self] outcome in finishRemoving(branch, epoch, outcome) }
            branchState.removal = ticket
            return ticket
        }
    }

    private func finishRemoving(_ branch: Branch, _ epoch: UInt64, _ outcome: Result<CommitReceipt, StorageError>) {
        let isRemoved = (try? outcome.get()) != nil
        state.withLock { state in
            branch.state.withLock { branchState in
                branchState.underway.popFirst()
                branchState.removal = nil
                branchState.isDeleted = branchState.isDeleted || isRemoved
                if case .failure(let error) = outcome { branchState.resetStaging(epoch: epoch, after: error) }
            }
            branch.forgetIfUnused(in: &state)
        }
        if isRemoved {
            branch.events.finish(with: nil)
            registry.sweep()
        }
        endIfUnused()
    }
}
