import HypercoreStorage

// MARK: - What is here

extension Hypercore {
    /// The block `index` if it is stored here, without waiting for anybody; `nil` if it is not.
    ///
    /// - Throws: `.closed`, `.damaged`, `.storage`, `.encryptionFailed`.
    public func read(_ index: UInt64) throws -> [UInt8]? {
        try requireOpen()
        return try readStored(index, on: view).map { try decrypted($0, at: index) }
    }

    /// The blocks of `range`, in order: `nil` for each that is not stored here.
    ///
    /// All of them are in memory at once: what is too long for that is read with ``blocks(start:end:_:readAhead:options:)``.
    ///
    /// - Throws: `.outOfBounds` where the range goes past the end of the log; as ``read(_:)-(UInt64)``.
    public func read(_ range: Range<UInt64>) throws -> [[UInt8]?] {
        try requireOpen()
        let length = length
        guard range.upperBound <= length else {
            throw HypercoreError(
                .outOfBounds, key: key,
                "the log has \(length) blocks, so not all of those from \(range.lowerBound) to \(range.upperBound)")
        }
        // Not `range.map`, which would at once ask for as much memory as the blocks that are not here need, too.
        var blocks: [[UInt8]?] = []
        for index in range { blocks.append(try read(index)) }
        return blocks
    }

    /// Whether block `index` is stored here.
    ///
    /// - Throws: `.closed`, `.damaged`, `.storage`.
    public func has(_ index: UInt64) throws -> Bool {
        try requireOpen()
        return try view?.has(index) ?? branch?.has(index) ?? core.has(index)
    }

    /// Whether all blocks of `range` are stored here; of an empty range they are.
    ///
    /// It looks at the bitfield and not at every block, but for what a snapshot or a branch shows and the log has not.
    ///
    /// - Throws: as ``has(_:)-(UInt64)``.
    public func has(_ range: Range<UInt64>) throws -> Bool {
        try requireOpen()
        return try core.hasAll(range, of: headBesideTheLog(view))
    }
}

// MARK: - What peers have

extension Hypercore {
    /// The block `index`: at once if it is stored here, else as soon as a peer has brought it and it was verified.
    ///
    /// Past the end of the log, it waits for the log to grow, here or at a peer.
    ///
    /// ```swift
    /// let block = try await log.get(7, options: GetOptions(timeout: .seconds(5)))
    /// ```
    ///
    /// - Throws: `.timedOut`, `.closed`, `.damaged`, `.storage`, `.encryptionFailed`; `.notAvailable` where it is not here
    ///   and not to be waited for; on a snapshot `.outOfBounds` past its end, and `.notAvailable` for a block that the log
    ///   has cut off and that is not here; `CancellationError`.
    public func get(_ index: UInt64, options: GetOptions = GetOptions()) async throws -> [UInt8] {
        try await block(index, on: view, options)
    }

    /// The block `index`, for which a peer is waited so long at the most; see ``get(_:options:)-(UInt64,_)``.
    public func get(_ index: UInt64, timeout: Duration?) async throws -> [UInt8] {
        try await get(index, options: GetOptions(timeout: timeout))
    }

    /// The blocks of `range`, in order. Peers are asked for many of them at a time.
    ///
    /// All of them are in memory at once: what is too long for that is read with ``blocks(start:end:_:readAhead:options:)``.
    ///
    /// - Throws: as ``get(_:options:)-(UInt64,_)``, for the first block that cannot be got.
    public func get(_ range: Range<UInt64>, options: GetOptions = GetOptions()) async throws -> [[UInt8]] {
        try requireOpen()
        var cursor = BlockCursor(log: self, view: view, bounds: range, readAhead: 64, options: options)
        var blocks: [[UInt8]] = []
        for index in range { blocks.append(try await cursor.block(index)) }
        return blocks
    }
}

// MARK: - Blocks of a view

extension Hypercore {
    /// The block `index` of what `view` shows, or of the log where it is `nil`.
    func block(_ index: UInt64, on view: SnapshotView?, _ options: GetOptions) async throws -> [UInt8] {
        try requireOpen()
        if options.waits { try await core.registry.gate.pass() }
        let stored = try await storedBlock(index, on: view, options)
        return options.isRaw ? stored : try decrypted(stored, at: index)
    }

    private func storedBlock(_ index: UInt64, on view: SnapshotView?, _ options: GetOptions) async throws -> [UInt8] {
        if let block = try readStored(index, on: view) { return block }
        let beside = headBesideTheLog(view)
        if let beside, index >= beside.length {
            let name = view == nil ? "branch" : "snapshot"
            throw HypercoreError(
                .outOfBounds, key: key, "the \(name) has \(beside.length) blocks, and none at \(index)")
        }
        guard options.waits else {
            throw HypercoreError(.notAvailable, key: key, "block \(index) is not here, and was not to be waited for")
        }
        defer { markRead(index) }
        guard let beside else { return try await core.waitForBlock(index, options, in: waits) }
        // What the log has in this place now may be another block than the snapshot's.
        guard core.isShared(index, with: beside) else { throw cutOff(index) }
        let brought = try await core.waitForBlock(index, options, in: waits)
        // What was brought need not be stored yet. If the log still has the snapshot's block, that is the one.
        if let block = try readStored(index, on: view) { return block }
        guard core.isShared(index, with: beside) else { throw cutOff(index) }
        return brought
    }

    private func cutOff(_ index: UInt64) -> HypercoreError {
        HypercoreError(.notAvailable, key: key, "block \(index) was cut off from the log, and is not stored here")
    }

    /// The block `index` as it is stored here and replicated.
    private func readStored(_ index: UInt64, on view: SnapshotView?) throws -> [UInt8]? {
        let block = try view.map { try $0.read(index) } ?? branch.map { try $0.read(index) } ?? core.read(index)
        if block != nil { markRead(index) }
        return block
    }

    /// The head of what `view` shows, or of the session's branch; `nil` where that is the log itself.
    func headBesideTheLog(_ view: SnapshotView?) -> HeadRecord? { view?.head ?? branch?.durableHead }

    /// The block `index` as it was appended, out of what is stored.
    func decrypted(_ block: [UInt8], at index: UInt64) throws -> [UInt8] {
        try cipher?.decrypt(block, at: index, of: core) ?? block
    }
}
