public import CompactEncoding
public import Crypto
import HypercoreStorage
import MerkleTree
import Synchronization

/// A session on a log: a signed, Merkle-verified, append-only list of blocks.
///
/// Many sessions may be open on one log; they share one core underneath. A session is safe to use from any thread.
///
/// **What is synchronous.** What is stored here is a memory map away: ``length``, ``has(_:)``, ``read(_:)`` and
/// ``treeHash()`` return at once. Only waiting for a commit (``append(_:)``) or for a peer (``get(_:timeout:)``,
/// ``update()``) suspends.
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
    /// What the session sees, where it does not follow the log.
    let view: SnapshotView?
    /// What the session's blocks are encrypted with.
    let cipher: SessionCipher?
    /// What ends with the session.
    let ties: SessionTies
    private let waits = WaitScope()

    /// Opens a session; the core was retained for it.
    init(retaining core: Core, view: SnapshotView? = nil, cipher: SessionCipher? = nil, isActive: Bool = true) {
        ties = SessionTies(core, isActive: isActive)
        self.core = core
        self.view = view
        self.cipher = cipher
    }

    deinit {
        // A session that was dropped without being closed lets go of its core all the same.
        ties.end()
        if waits.isOpen { core.registry.release(core) }
    }

    /// Ends this session: what waits through it ends with `.closed`, and what was begun to be downloaded is not asked for
    /// any more. Other sessions of the log go on. Closing again does nothing.
    public func close() async {
        guard waits.close() else { return }
        core.leaveLine(waits)
        view?.close()
        ties.end()
        core.registry.release(core)
    }

    func requireOpen() throws(HypercoreError) {
        guard waits.isOpen else {
            throw HypercoreError(.closed, key: core.key, "the session is closed")
        }
    }

    /// Throws unless the session is open and follows the log, so that the log can be changed through it.
    func requireLive() throws(HypercoreError) {
        try requireOpen()
        guard view == nil else {
            throw HypercoreError(.notWritable, key: core.key, "a snapshot cannot be changed; use a session of the log")
        }
    }

    /// The head that the session sees.
    private var head: HeadRecord { view?.head ?? core.durableHead }
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
        let view = try view.map { try SnapshotView(sharing: $0) } ?? SnapshotView(of: core)
        guard core.registry.retainAgain(core) else { throw core.ended ?? CoreEnd.closed.error(key) }
        return Hypercore(retaining: core, view: view, cipher: cipher, isActive: ties.isActive)
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

    /// The bytes of all blocks, as they are stored and replicated.
    public var byteLength: UInt64 { head.tree.byteLength }

    /// How often the log was truncated.
    public var fork: UInt64 { head.fork }

    /// How many blocks from the first on are stored here without a gap.
    public var contiguousLength: UInt64 { min(core.contiguousLength, head.length) }

    /// Whether this store holds the key that signs the log, even if it was opened read-only.
    public var holdsSigningKey: Bool { core.holdsSigningKey }

    /// What was exchanged with peers since the log was opened here.
    public var transfers: TransferCounts { core.transfers }

    /// Whether this session can append to the log, which takes its key and that nothing stops it (``appendingStop``).
    public var isWritable: Bool { view == nil && core.isWritable }

    /// How many peers replicate the log with us right now.
    public var peerCount: Int { core.peerCount }

    /// The hash of the whole tree, at the present length (PROTOCOL §2).
    public func treeHash() throws -> Bytes32 {
        try requireOpen()
        return core.hashing.tree(head.tree.roots)
    }

    /// What happens to the log from now on. Every call is a subscription of its own; a slow subscriber misses the oldest
    /// events past a thousand. It ends when the log is closed.
    public var events: AsyncStream<CoreEvent> { core.events.subscribe() }
}

// MARK: - Appending

extension Hypercore {
    /// What an append led to.
    public struct AppendResult: Hashable, Sendable {
        /// The log's length after the append, in blocks.
        public let length: UInt64
        /// The log's byte length after the append.
        public let byteLength: UInt64
    }

    /// Appends one block, which may be empty.
    ///
    /// - Throws: `.notWritable`, `.appendingStopped`, `.blockTooLarge`, `.closed`, `.storage`, `.signingFailed`,
    ///   `.encryptionFailed`; `CancellationError` where the task is cancelled while it waits for its turn. Once the block is
    ///   queued, or handed to a signer, it is appended, and the call says whether it was.
    @discardableResult
    public func append(_ block: [UInt8]) async throws -> AppendResult {
        try await append(contentsOf: CollectionOfOne(block))
    }

    /// Appends blocks, all or none of them, in one commit and under one signature.
    ///
    /// - Throws: as ``append(_:)``.
    @discardableResult
    public func append(contentsOf blocks: some Collection<[UInt8]>) async throws -> AppendResult {
        try requireLive()
        return try await core.append(blocks, encryptedBy: cipher, of: waits)
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
        try requireLive()
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
        try requireLive()
        try await core.setUserData(value, for: Array(key.utf8))
    }
}

// MARK: - Reading

extension Hypercore {
    /// The block `index` if it is stored here, without waiting for anybody; `nil` if it is not.
    ///
    /// - Throws: `.closed`, `.damaged`, `.storage`.
    public func read(_ index: UInt64) throws -> [UInt8]? {
        try requireOpen()
        return try readStored(index).map { try decrypted($0, at: index) }
    }

    /// Whether block `index` is stored here.
    ///
    /// - Throws: `.closed`, `.damaged`, `.storage`.
    public func has(_ index: UInt64) throws -> Bool {
        try requireOpen()
        return try view?.has(index) ?? core.has(index)
    }

    /// The block `index`: at once if it is stored here, else as soon as a peer has brought it and it was verified.
    ///
    /// Past the end of the log, it waits for the log to grow, here or at a peer.
    ///
    /// - Parameter timeout: how long to wait; `nil` waits until the task is cancelled or the session is closed.
    /// - Throws: `.timedOut`, `.closed`, `.damaged`, `.storage`; on a snapshot `.outOfBounds` past its end, and
    ///   `.notAvailable` for a block that the log has cut off and that is not here; `CancellationError`.
    public func get(_ index: UInt64, timeout: Duration? = nil) async throws -> [UInt8] {
        try requireOpen()
        try await core.registry.gate.pass()
        return try decrypted(try await getStored(index, timeout: timeout), at: index)
    }

    /// Asks peers whether the log is longer than is known here, and waits for the answer. In a store that was opened
    /// read-only, takes over what the process that writes has done.
    ///
    /// - Returns: whether the log grew. Without peers, `false` at once; `false` on a snapshot, which never grows.
    public func update() async throws -> Bool {
        try requireOpen()
        guard view == nil else { return false }
        return try await core.update(in: waits)
    }

    /// Begins to download blocks; what is here already is not asked for again.
    ///
    /// - Parameters:
    ///   - start: the first block.
    ///   - end: the first block past the range; `nil` downloads what there is and what will be, until cancelled.
    /// - Returns: a handle to wait on or to cancel. Dropping it cancels nothing; closing the session does.
    public func download(start: UInt64 = 0, end: UInt64? = nil) throws -> Download {
        try requireOpen()
        return core.download(start: start, end: end, in: waits)
    }
}

// MARK: - Stored blocks

extension Hypercore {
    /// The block `index` as it is stored here and replicated.
    private func readStored(_ index: UInt64) throws -> [UInt8]? {
        try view.map { try $0.read(index) } ?? core.read(index)
    }

    private func getStored(_ index: UInt64, timeout: Duration?) async throws -> [UInt8] {
        guard let view else {
            if let block = try core.read(index) { return block }
            return try await core.waitForBlock(index, timeout: timeout, in: waits)
        }
        if let block = try view.read(index) { return block }
        guard index < view.head.length else {
            throw HypercoreError(
                .outOfBounds, key: key, "the snapshot has \(view.head.length) blocks, and none at \(index)")
        }
        // What the log has in this place now may be another block than the snapshot's.
        if view.isShared(index) { _ = try await core.waitForBlock(index, timeout: timeout, in: waits) }
        guard let block = try view.read(index) else {
            throw HypercoreError(
                .notAvailable, key: key, "block \(index) was cut off from the log, and is not stored here")
        }
        return block
    }

    /// The block `index` as it was appended, out of what is stored.
    func decrypted(_ block: [UInt8], at index: UInt64) throws -> [UInt8] {
        try cipher?.decrypt(block, at: index, of: core) ?? block
    }
}
