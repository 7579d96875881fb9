public import CompactEncoding
public import Crypto
import HypercoreStorage
import MerkleTree
public import Replication
import Synchronization

/// A session on a log: a signed, Merkle-verified, append-only list of blocks.
///
/// Many sessions may be open on one log; they share one core underneath. A session is safe to use from any thread.
///
/// **What is synchronous.** What is stored here is a memory map away: ``length``, `has`, `read`, ``info()`` and
/// ``treeHash()`` return at once. Only waiting for a commit (``append(_:maxLength:)``) or for a peer
/// (``get(_:options:)->[UInt8]``, ``update(options:)``) suspends.
///
/// **What is durable.** An append returns when it is on disk (or, in a store opened with `.relaxed`, when it survives
/// this process); until then neither readers nor peers see it.
///
/// ```swift
/// let log = try await store.get(name: "log")
/// try await log.append(Array("hello".utf8))
/// let first = try await log.get(0)
/// ```
public final class Hypercore: Sendable {
    /// The largest block: 15 MiB, padding included (PROTOCOL §8).
    public static let maximumBlockByteCount = 15 << 20

    let core: Core
    /// What the session's blocks are encrypted with; replaced by ``setEncryption(_:)``.
    let sessionCipher: Mutex<SessionCipher?>
    /// Whether changes are refused because the session was opened read-only.
    let refusesChanges: Bool
    /// What holds the core, and is cut when the session closes.
    let tie: SessionTie

    /// Opens a session; the core was retained for it, and the branch, if it is on one.
    init(
        retaining core: Core, view: SnapshotView? = nil, branch: Branch? = nil, cipher: SessionCipher? = nil,
        isReadOnly: Bool = false, isActive: Bool = true, scope: SessionScope? = nil
    ) {
        self.core = core
        sessionCipher = Mutex(cipher)
        refusesChanges = isReadOnly
        tie = SessionTie(core, view: view, branch: branch, isActive: isActive, scope: scope)
    }

    deinit {
        // A session that was dropped without being closed lets go of its core all the same.
        tie.cut(endingWaits: false)
    }

    /// Ends this session: what waits through it ends with `.closed`, its streams and events end, and what was begun to be
    /// downloaded is not asked for any more. Other sessions of the log go on. Closing again does nothing.
    public func close() async {
        tie.cut()
    }

    var isOpen: Bool { waits.isOpen }

    /// What the session sees, where it does not follow the log.
    var view: SnapshotView? { tie.view }
    /// The branch that the session is on, in place of the main line.
    var branch: Branch? { tie.branch }
    /// What the session waits for.
    var waits: WaitScope { tie.waits }

    func requireOpen() throws(HypercoreError) {
        guard waits.isOpen else {
            throw HypercoreError(.closed, key: core.key, "the session is closed")
        }
    }

    /// Throws unless the session is open and follows a log or a branch, so that this can be changed through it.
    func requireChangeable() throws(HypercoreError) {
        try requireOpen()
        guard view == nil else {
            throw HypercoreError(.notWritable, key: core.key, "a snapshot cannot be changed; use a session of the log")
        }
        guard !refusesChanges else {
            throw HypercoreError(.notWritable, key: core.key, "the session was opened read-only")
        }
    }

    /// Throws unless the log itself can be changed through the session: its main line, which no branch is.
    func requireLive() throws(HypercoreError) {
        try requireChangeable()
        try requireMainLine()
    }

    /// Throws where the session is on a branch or a snapshot of one, for what a branch cannot do.
    func requireMainLine() throws(HypercoreError) {
        guard branch == nil, view?.isOfBranch != true else {
            throw HypercoreError(
                .unsupported, key: core.key, "this cannot be done on a branch; use a session of the log itself")
        }
    }

    /// The head that the session sees.
    var head: HeadRecord { view?.head ?? branch?.durableHead ?? core.durableHead }
}

// MARK: - Snapshots

extension Hypercore {
    /// A session on the log as it is now: it stays as it is, and can be read, whatever becomes of the log.
    ///
    /// It costs a few bytes, however long the log, and copies nothing. What a truncation cuts off stays stored for as long
    /// as a snapshot that was taken before it is open. Blocks that are cleared are gone from snapshots, too.
    ///
    /// - Throws: `.closed`, `.purged`.
    public func snapshot() throws -> Hypercore {
        try requireOpen()
        let session = try derived(view: try currentView(), branch: nil)
        if tie.isWeak { session.tie.weaken() }
        return session
    }

    /// What a snapshot that is taken now shows.
    func currentView() throws -> SnapshotView {
        try view.map { try SnapshotView(sharing: $0) } ?? branch.map { try SnapshotView(of: $0) }
            ?? SnapshotView(of: core)
    }

    /// Whether the session is a snapshot.
    public var isSnapshot: Bool { view != nil }
}

// MARK: - Purging

extension Hypercore {
    /// Removes the log from this store: its blocks, tree, name, keys and user data.
    ///
    /// It is gone from one moment to the next, also after a crash; its space is swept later, in small steps. All its
    /// sessions end with `.purged`, and peers are let go. A log of the same name or key may be opened again at once, as
    /// one of which nothing is stored: **appending to it makes a second history** beside the one that others may have.
    ///
    /// - Throws: `.notWritable` in a read-only store, `.closed`, `.storage`.
    public func purge() async throws {
        try requireLive()
        try await core.registry.purge(core)
    }
}

// MARK: - What the log is

extension Hypercore {
    /// The log's key: whoever has it may read the log and verify it.
    public var key: CoreKey { core.key }

    /// What the log is announced and found by.
    public var discoveryKey: DiscoveryKey { core.discoveryKey }

    /// How many blocks the log has, as far as it is known here and durable.
    public var length: UInt64 { head.length }

    /// The bytes of all blocks as they were appended: the padding of their encryption is not counted (PROTOCOL §8), which
    /// is that of this session. ``info()`` has the bytes that are stored, too.
    public var byteLength: UInt64 { head.byteLength(withoutPadding: paddingByteCount) }

    /// How often the log was truncated.
    public var fork: UInt64 { head.fork }

    /// How many blocks from the first on are stored here without a gap.
    public var contiguousLength: UInt64 { branch?.contiguousLength ?? min(core.contiguousLength, head.length) }

    /// Whether this store holds the key that signs the log, even if it was opened read-only.
    public var holdsSigningKey: Bool { core.holdsSigningKey }

    /// What was exchanged with peers since the log was opened here.
    public var transfers: TransferCounts { core.transfers }

    /// Whether this session can append to the log, which takes its key and that nothing stops it (``appendingStop``).
    /// A branch takes neither.
    public var isWritable: Bool {
        view == nil && !refusesChanges && (branch == nil ? core.isWritable : core.writer != nil)
    }

    /// How many peers replicate the log with us right now.
    public var peerCount: Int { core.peerCount }

    /// The hash of the whole tree, at the present length (PROTOCOL §2).
    public func treeHash() throws -> Bytes32 {
        try requireOpen()
        return core.hashing.tree(head.tree.roots)
    }

    /// What happens to the log, or to the branch, from now on. Every call is a subscription of its own, with a buffer of its own: see
    /// ``CoreEvents``. It ends when the session, or the log, is closed.
    ///
    /// ```swift
    /// for await case .appended(let length) in log.events { print("\(length) blocks") }
    /// ```
    public var events: CoreEvents { CoreEvents(from: branch?.events ?? core.events, of: self) }
}

// MARK: - Appending

extension Hypercore {
    /// What an append led to.
    public struct AppendResult: Hashable, Sendable {
        /// The log's length after the append, in blocks.
        public let length: UInt64
        /// The log's byte length after the append, without the padding of the session's encryption.
        public let byteLength: UInt64
    }

    /// Appends one block, which may be empty.
    ///
    /// - Parameters:
    ///   - block: up to ``maximumBlockByteCount``, the padding of its encryption included.
    ///   - maxLength: how many blocks the log may have after it; `nil` for any number. It is checked when the append
    ///     has its turn, so of several that are made at once no more happen than there is room for.
    /// - Throws: `.notWritable`, `.appendingStopped`, `.blockTooLarge`, `.logTooLong`, `.closed`, `.storage`,
    ///   `.signingFailed`, `.encryptionFailed`; `CancellationError` where the task is cancelled while it waits for its turn.
    ///   Once the block is queued, or handed to a signer, it is appended, and the call says whether it was.
    @discardableResult
    public func append(_ block: [UInt8], maxLength: UInt64? = nil) async throws -> AppendResult {
        try await append(contentsOf: CollectionOfOne(block), maxLength: maxLength)
    }

    /// Appends blocks, all or none of them, in one commit and under one signature.
    ///
    /// Blocks that the manifest fixes (a prologue, PROTOCOL §3) are appended by anybody, all of them at once and whatever
    /// follows with them; what follows is signed.
    ///
    /// - Throws: `.prologueMismatch`; as ``append(_:maxLength:)``.
    @discardableResult
    public func append(
        contentsOf blocks: some Collection<[UInt8]>, maxLength: UInt64? = nil
    ) async throws -> AppendResult {
        try requireChangeable()
        let cipher = cipher
        let result =
            if let branch {
                try await branch.append(Array(blocks), encryptedBy: cipher, AppendTerms(maxLength: maxLength))
            } else {
                try await core.append(blocks, encryptedBy: cipher, maxLength: maxLength, of: waits)
            }
        return result.withoutPadding(cipher?.paddingByteCount ?? 0)
    }
}

// MARK: - Cutting and clearing

extension Hypercore {
    /// Cuts the log at `length` and begins a new fork, which replaces the old one at all peers.
    ///
    /// It takes as long for a million blocks as for one: what is cut off is swept later, in small steps. Snapshots go on
    /// reading it.
    ///
    /// - Parameters:
    ///   - length: how many blocks stay; at most the log's length, and no less than the manifest's prologue.
    ///   - fork: the number of the new fork, above the present one; the next one where none is given.
    /// - Throws: `.notWritable`, `.appendingStopped`, `.outOfBounds`, `.closed`, `.storage`; `CancellationError` where
    ///   the task is cancelled while it waits for its turn.
    public func truncate(to length: UInt64, fork: UInt64? = nil) async throws {
        try requireChangeable()
        if let branch { return try await branch.truncate(to: length, fork: fork) }
        try await core.truncate(to: length, fork: fork, of: waits)
    }

    /// What a clear has removed.
    public struct ClearResult: Hashable, Sendable {
        /// How many blocks were here and are no longer.
        public internal(set) var blockCount: UInt64
        /// The bytes that they had.
        public internal(set) var byteCount: UInt64
    }

    /// Forgets the content of the blocks of `range` here, to save space; the log and its proofs stay as they are, and
    /// peers may bring the blocks again.
    ///
    /// A long range is cleared in several commits, from its start on, so a crash or a cancellation may leave part of it.
    /// Blocks past the end of the log are ignored.
    ///
    /// - Returns: what there was to clear.
    /// - Throws: `.notWritable` in a read-only store, `.closed`, `.damaged`, `.storage`; `CancellationError`.
    @discardableResult
    public func clear(_ range: Range<UInt64>) async throws -> ClearResult {
        try requireLive()
        return try await core.clear(range)
    }
}

// MARK: - User data

extension Hypercore {
    /// The user's data under `key`, kept beside the log and never replicated; `nil` where there is none.
    ///
    /// - Throws: `.outOfBounds` for a key of no bytes or more than 400; `.closed`, `.storage`.
    public func userData(_ key: String) throws -> [UInt8]? {
        try requireOpen()
        return try core.userData(Array(key.utf8))
    }

    /// Keeps `value` beside the log under `key`, or removes what is there where it is `nil`.
    ///
    /// - Throws: `.notWritable` in a read-only store; as ``userData(_:)``.
    public func setUserData(_ value: [UInt8]?, for key: String) async throws {
        try requireChangeable()
        try await core.setUserData(value, for: Array(key.utf8))
    }
}

// MARK: - Downloading

extension Hypercore {
    /// Asks peers whether the log is longer than is known here, and waits for the answer. In a store that was opened
    /// read-only, takes over what the process that writes has done.
    ///
    /// - Returns: whether the log grew, or has moved to a higher fork. Without peers, `false` at once, unless somebody is
    ///   looking for some (``findingPeers()``); `false` on a snapshot, which never grows, and on a branch, which peers know
    ///   nothing of.
    /// - Throws: `.timedOut`, `.closed`, `.frozen`, `.storage`; `CancellationError`.
    public func update(options: UpdateOptions = UpdateOptions()) async throws -> Bool {
        try requireOpen()
        guard view == nil else { return false }
        if let branch { return try branch.follow() }
        return try await core.update(options, in: waits)
    }

    /// Begins to download blocks; what is here already is not asked for again.
    ///
    /// - Parameters:
    ///   - start: the first block.
    ///   - end: the first block past the range; `nil` downloads what there is and what will be, until cancelled.
    /// - Returns: a handle to wait on or to cancel. Dropping it cancels nothing; closing the session does.
    public func download(start: UInt64 = 0, end: UInt64? = nil) throws -> Download {
        try download(end.map { .blocks(start..<max(start, $0), order: .linear) } ?? .live(from: start, order: .linear))
    }

    /// Begins to download blocks: a run, a list or all that there will be, in order or at random; see
    /// ``download(start:end:)``.
    public func download(_ range: DownloadRange) throws -> Download {
        try requireOpen()
        return core.download(range, in: waits)
    }
}
