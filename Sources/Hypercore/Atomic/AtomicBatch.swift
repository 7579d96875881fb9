import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import Synchronization

/// Changes to any number of logs of one store that are made together or not at all.
///
/// It is handed to the closure of `Corestore.atomically(_:)`, or begun with `Corestore.beginBatch()` where a closure does
/// not fit. What it has changed can be read through it at once; nobody else sees anything of it before the closure has
/// returned, or ``commit()`` has, and everything is committed.
///
/// ```swift
/// try await store.atomically { batch in
///     let entry = try batch.append(order, to: orders)
///     try batch.append(receipt(for: entry.length - 1), to: receipts)
///     try batch.truncate(drafts, to: 0)
/// }
///
/// let batch = try store.beginBatch()
/// try batch.append(order, to: orders)
/// try await batch.commit()  // or batch.cancel(), as if it was dropped
/// ```
///
/// It locks nothing: where somebody else changes one of its logs before it is committed, it is refused.
public final class AtomicBatch: Sendable {
    /// The most bytes that one batch may change.
    public static let maximumByteCount = 64 << 20

    struct Part: Sendable {
        let core: Core
        var draft: CoreDraft
    }

    private struct State {
        var parts: [ObjectIdentifier: Part] = [:]
        var byteCount = 0
        var isOpen = true
    }

    let registry: CoreRegistry
    private let state = Mutex(State())

    init(_ registry: CoreRegistry) {
        self.registry = registry
    }

    /// Ends the batch and hands over what it changed, in the order of the cores' numbers; `nil` where it has ended.
    func close() -> (parts: [Part], byteCount: Int)? {
        state.withLock { state in
            guard state.isOpen else { return nil }
            defer { state = State(isOpen: false) }
            let parts = state.parts.values.sorted { $0.core.stored.number < $1.core.stored.number }
            return (parts, state.byteCount)
        }
    }
}

// MARK: - Changing

extension AtomicBatch {
    /// Appends one block to `log`.
    ///
    /// - Throws: `HypercoreError`: `.notWritable`, `.blockTooLarge`, `.tooLarge` past ``maximumByteCount``, `.closed`.
    @discardableResult
    public func append(_ block: [UInt8], to log: Hypercore) throws -> Hypercore.AppendResult {
        try append(contentsOf: CollectionOfOne(block), to: log)
    }

    /// Appends blocks to `log`.
    ///
    /// - Throws: as ``append(_:to:)-([UInt8],_)``.
    @discardableResult
    public func append(
        contentsOf blocks: some Collection<[UInt8]>, to log: Hypercore
    ) throws -> Hypercore.AppendResult {
        guard let cipher = log.cipher else { return try append(Leaves(of: blocks, core: log.core), to: log) }
        let (blocks, encryptor) = (Array(blocks), try cipher.encryptor(of: log.core))
        while true {
            // Another task may append to the log through the same batch while the blocks are encrypted.
            let place = LogPlace(try draft(of: log).head)
            let leaves = try Leaves(of: blocks, encryptedBy: encryptor, at: place, core: log.core)
            if let result = try append(leaves, to: log, at: place) {
                return result.withoutPadding(encryptor.paddingByteCount)
            }
        }
    }

    private func append(_ leaves: Leaves, to log: Hypercore) throws -> Hypercore.AppendResult {
        try change(log, byteCount: leaves.byteCount) { core, draft, state in
            try core.append(leaves, to: &draft, in: state)
            return Hypercore.AppendResult(draft.head)
        }
    }

    /// Appends blocks that were encrypted for `place`; `nil` where the log ends elsewhere by now.
    private func append(
        _ leaves: Leaves, to log: Hypercore, at place: LogPlace
    ) throws -> Hypercore.AppendResult? {
        try change(log, byteCount: leaves.byteCount) { core, draft, state in
            guard LogPlace(draft.head) == place else { return nil }
            try core.append(leaves, to: &draft, in: state)
            return Hypercore.AppendResult(draft.head)
        }
    }

    /// Cuts `log` at `length` and begins a new fork; see ``Hypercore/truncate(to:fork:)``.
    ///
    /// - Throws: `HypercoreError`: `.notWritable`, `.outOfBounds`, `.closed`.
    public func truncate(_ log: Hypercore, to length: UInt64, fork: UInt64? = nil) throws {
        try change(log, byteCount: Core.truncationByteCount) { core, draft, state in
            try core.truncate(&draft, to: length, fork: fork, in: state)
        }
    }

    /// Forgets the content of blocks of `log`; see ``Hypercore/clear(_:)``.
    ///
    /// - Throws: `HypercoreError`: `.notWritable`, `.closed`; `.tooLarge` for a range that would need several commits.
    @discardableResult
    public func clear(_ range: Range<UInt64>, of log: Hypercore) throws -> Hypercore.ClearResult {
        // Not the range's `count`, which need not fit into an `Int`.
        let blockCount = range.upperBound - range.lowerBound
        guard blockCount <= Core.clearedBlockLimit else {
            throw HypercoreError(
                .tooLarge, key: log.key,
                "a batch clears \(Core.clearedBlockLimit) blocks at a time, not \(blockCount)")
        }
        return try change(log, byteCount: Core.clearingByteCount(of: range)) { core, draft, _ in
            try core.clear(&draft, range)
        }
    }

    /// Keeps `value` beside `log`, or removes what is there; see ``Hypercore/setUserData(_:for:)``.
    ///
    /// - Throws: `HypercoreError`: `.notWritable`, `.outOfBounds`, `.tooLarge`, `.closed`.
    public func setUserData(_ value: [UInt8]?, for key: String, of log: Hypercore) throws {
        let userKey = Array(key.utf8)
        try Core.check(userKey, of: log.key)
        try change(log, byteCount: 512 + (value?.count ?? 0)) { _, draft, _ in
            draft.set(userData: value, for: userKey)
        }
    }
}

// MARK: - Reading

extension AtomicBatch {
    /// The length that `log` has with what the batch has changed.
    public func length(of log: Hypercore) throws -> UInt64 {
        try draft(of: log).head.length
    }

    /// The fork that `log` has with what the batch has changed.
    public func fork(of log: Hypercore) throws -> UInt64 {
        try draft(of: log).head.fork
    }

    /// The block `index` of `log` with what the batch has changed; `nil` where it is not here.
    public func read(_ index: UInt64, of log: Hypercore) throws -> [UInt8]? {
        switch try draft(of: log).block(index) {
        case .appended(let block): try log.decrypted(block, at: index)
        case .missing: nil
        case .untouched: try log.read(index)
        }
    }

    /// The user's data under `key` with what the batch has changed.
    public func userData(_ key: String, of log: Hypercore) throws -> [UInt8]? {
        let userKey = Array(key.utf8)
        if let drafted = try draft(of: log).userData[userKey] { return drafted }
        return try log.core.userData(userKey)
    }

    private func draft(of log: Hypercore) throws -> CoreDraft {
        try change(log, byteCount: 0) { _, draft, _ in draft }
    }

    /// Changes the draft of `log`, which is begun on its present head where the batch has not touched it yet.
    private func change<Value>(
        _ log: Hypercore, byteCount: Int, _ edit: (Core, inout CoreDraft, borrowing CoreState) throws -> Value
    ) throws -> Value {
        try log.requireLive()
        let core = log.core
        precondition(core.registry === registry, "a batch changes logs of its own store only")
        _ = try core.requireWriter()
        return try state.withLock { state in
            guard state.isOpen else { throw HypercoreError(.closed, key: core.key, "the batch has ended") }
            let total = state.byteCount + byteCount
            guard total <= Self.maximumByteCount else {
                throw HypercoreError(
                    .tooLarge, key: core.key,
                    "a batch changes \(Self.maximumByteCount) bytes at most; split it into several")
            }
            let value = try core.state.withLock { coreState in
                try core.requireChangeable(coreState)
                let id = ObjectIdentifier(core)
                // Taken out and put back, so that it is changed in place: a copy for each of many appends would cost as
                // much as all of those before it.
                var part =
                    state.parts.removeValue(forKey: id) ?? Part(core: core, draft: CoreDraft(on: coreState.staged))
                defer { state.parts[id] = part }
                guard part.draft.base == coreState.staged else { throw HypercoreError.movedUnderneath(core.key) }
                let value = try edit(core, &part.draft, coreState)
                return value
            }
            state.byteCount = total
            return value
        }
    }
}

extension HypercoreError {
    static func movedUnderneath(_ key: CoreKey) -> HypercoreError {
        HypercoreError(
            .conflict, key: key, "the log was changed by somebody else while the batch was made; make it again")
    }
}
