import HypercoreStorage
import Synchronization

/// A log as it was at one moment, for as long as somebody holds this.
final class SnapshotView: Sendable {
    let head: HeadRecord
    /// Whether it is of a branch, so that nobody has signed it.
    let isOfBranch: Bool
    private let core: Core
    /// What keeps its blocks from being swept; `nil` once it was let go of.
    private let lease: Mutex<UInt64?>

    private init(_ head: HeadRecord, of core: Core, isOfBranch: Bool = false, lease: UInt64) {
        self.head = head
        self.isOfBranch = isOfBranch
        self.core = core
        self.lease = Mutex(lease)
    }

    /// The log as it is now; nothing of it is copied.
    convenience init(of core: Core) throws {
        let (head, lease) = try core.state.withLock { state in
            try core.requireChangeable(state)
            return (state.durable, state.leases.keep(state.durable))
        }
        self.init(head, of: core, lease: lease)
    }

    /// A branch as it is now; nothing of it is copied.
    convenience init(of branch: Branch) throws {
        let (head, lease) = try branch.core.state.withLock { state in
            try branch.core.requireChangeable(state)
            let head = try branch.state.withLock { try $0.existing(branch).durable }
            return (head, state.leases.keep(head))
        }
        self.init(head, of: branch.core, isOfBranch: true, lease: lease)
    }

    /// The same moment, held by somebody else as well.
    convenience init(sharing other: SnapshotView) throws {
        let lease = try other.core.state.withLock { state in
            // Without a lease of the other's, its blocks may have been swept already.
            guard other.lease.withLock({ $0 != nil }) else {
                throw HypercoreError(.closed, key: other.core.key, "the snapshot is closed")
            }
            return state.leases.keep(other.head)
        }
        self.init(other.head, of: other.core, isOfBranch: other.isOfBranch, lease: lease)
    }

    deinit {
        close()
    }

    /// Lets what only this snapshot reads be swept.
    func close() {
        guard let id = lease.withLock({ $0.take() }) else { return }
        core.state.withLock { $0.leases.release(id) }
        core.registry.sweep()
    }
}

// MARK: - Reading

extension SnapshotView {
    /// The block `index` of the snapshot, if it is here.
    func read(_ index: UInt64) throws -> [UInt8]? {
        guard index < head.length else { return nil }
        if let block = try core.block(index, of: head) { return block }
        try requireNotSwept(index)
        return nil
    }

    /// Throws where another process, which knows nothing of this snapshot, has cut the block off.
    private func requireNotSwept(_ index: UInt64) throws {
        guard core.writer == nil else { return }
        try core.followStored()
        guard !core.isShared(index, with: head) else { return }
        throw HypercoreError(
            .snapshotGone, key: core.key,
            "block \(index) of the snapshot was cut off by the process that writes to the store; take a new snapshot")
    }

    /// Whether block `index` of the snapshot is here.
    func has(_ index: UInt64) throws -> Bool {
        try core.hasBlock(index, of: head)
    }
}
