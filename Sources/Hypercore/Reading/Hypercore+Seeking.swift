import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine

// Bytes are counted as a session sees them: an encrypted block begins with padding, which is left out (PROTOCOL §8).

extension Hypercore {
    /// Where a byte lies.
    public struct BytePosition: Hashable, Sendable {
        /// The block that holds it.
        public let block: UInt64
        /// How many bytes of the block come before it.
        public let offset: UInt64

        /// The byte `offset` of block `block`.
        public init(block: UInt64, offset: UInt64) {
            self.block = block
            self.offset = offset
        }
    }

    /// Finds the block that holds the byte `byteOffset`, counted from the start of the log.
    ///
    /// The sizes of blocks are in the tree, so it takes a few reads however long the log. Where part of the tree is not
    /// here, peers are asked for it; no block is downloaded. Past the end, it waits for the log to grow.
    ///
    /// ```swift
    /// let place = try await log.seek(1_000_000)
    /// let block = try await log.get(place.block)
    /// let rest = block[Int(place.offset)...]
    /// ```
    ///
    /// - Returns: exactly between two blocks, the start of the second, or of an empty block between them; exactly at the end
    ///   of the log, in the same way, the block past the last one, or an empty block before it.
    /// - Throws: `.timedOut`, `.closed`, `.storage`; `.notAvailable` where it is not known here and not to be waited for, or
    ///   was cut off from the log that a snapshot is of; `.outOfBounds` past the end of a snapshot, and of a log that is
    ///   not to be waited for; `.encryptionFailed` where blocks are shorter than the padding of the session's encryption;
    ///   `CancellationError`.
    public func seek(_ byteOffset: UInt64, options: GetOptions = GetOptions()) async throws -> BytePosition {
        try await seek(byteOffset, on: view, options)
    }

    func seek(_ byteOffset: UInt64, on view: SnapshotView?, _ options: GetOptions) async throws -> BytePosition {
        try requireOpen()
        if options.waits { try await core.registry.gate.pass() }
        let padding = padding(options)
        let beside = headBesideTheLog(view)
        let result = try withTree(on: view) { head, tree in
            try head.seek(toByte: byteOffset, padding: padding, reading: tree)
        }
        switch result {
        case .found(let block, let offset): return BytePosition(block: block, offset: offset)
        case .pastEnd where beside != nil || !options.waits:
            throw HypercoreError(.outOfBounds, key: key, "byte \(byteOffset) lies past the end of the log")
        case .unresolved where !options.waits: throw HypercoreError.treeNotHere(key)
        case .unresolved, .pastEnd: break
        }
        if let beside, !core.isShared(beside.length - 1, with: beside) { throw HypercoreError.treeNotHere(key) }
        return try await core.waitForSeek(
            toByte: byteOffset, padding: padding, timeout: options.timeout, in: waits)
    }

    /// Where block `index` begins, in bytes from the start of the log; at the log's length, where the log ends.
    ///
    /// - Throws: `.outOfBounds`; `.notAvailable` where the part of the tree that tells is not here: it comes with the block;
    ///   `.encryptionFailed` where blocks are shorter than the padding of the session's encryption; `.closed`, `.storage`.
    public func byteOffset(of index: UInt64) throws -> UInt64 {
        try requireOpen()
        return try withTree(on: view) { head, tree in
            guard index <= head.length else { throw outOfBounds(index, head) }
            return try head.byteOffset(ofBlock: index, padding: UInt64(clamping: paddingByteCount), reading: tree)
        }
    }

    /// The bytes of block `index`, counted from the start of the log.
    ///
    /// - Throws: as ``byteOffset(of:)``.
    public func byteRange(of index: UInt64) throws -> Range<UInt64> {
        try requireOpen()
        return try withTree(on: view) { head, tree in
            guard index < head.length else { throw outOfBounds(index, head) }
            return try head.byteRange(ofBlock: index, padding: UInt64(clamping: paddingByteCount), reading: tree)
        }
    }

    func padding(_ options: GetOptions) -> UInt64 { options.isRaw ? 0 : UInt64(clamping: paddingByteCount) }

    private func outOfBounds(_ index: UInt64, _ head: TreeHead) -> HypercoreError {
        HypercoreError(.outOfBounds, key: key, "the log has \(head.length) blocks, and none at \(index)")
    }
}

// MARK: - The tree

extension Hypercore {
    /// Reads the tree of what `view` shows, or of the log where it is `nil`, in one snapshot of the store.
    func withTree<Value>(
        on view: SnapshotView?, _ body: (TreeHead, StoredTree) throws -> Value
    ) throws -> Value {
        while true {
            let head = view?.head ?? head
            let result = Result {
                try core.registry.directory.engine.read { _ in
                    try body(head.tree, core.stored.tree(spans: head.spans))
                }
            }
            // What was cut off meanwhile may have been swept, so that nothing can be concluded from not finding it.
            guard view != nil || self.head.spans == head.spans else { continue }
            do {
                return try result.get()
            } catch let error as TreeError {
                if case .missingNode = error.code { throw HypercoreError.treeNotHere(key) }
                throw HypercoreError.notPadded(key)
            } catch {
                throw HypercoreError(error, key: key)
            }
        }
    }
}

extension HypercoreError {
    static func treeNotHere(_ key: CoreKey) -> HypercoreError {
        HypercoreError(
            .notAvailable, key: key, "this part of the tree is not here; a peer has to be waited for")
    }

    static func notPadded(_ key: CoreKey) -> HypercoreError {
        HypercoreError(
            .encryptionFailed, key: key,
            "blocks of the log are shorter than the padding of the session's encryption: they were not encrypted so")
    }
}
