// Mark and sweep: forget every block that nobody has looked at.

extension Hypercore {
    /// Whether blocks are being marked: since ``startMarking()``, also by an earlier process, and until
    /// ``sweepUnmarked(batchSize:)`` has ended.
    public var isMarking: Bool { core.marks.isActive }

    /// Begins to mark blocks, so that those which are not needed can be swept. Earlier marks are forgotten.
    ///
    /// From now on every block that is read through any session of the log is marked, and ``mark(_:)`` marks others.
    /// Blocks that are appended from now on count as marked. Marking goes on when the store is closed and opened again.
    ///
    /// ```swift
    /// try await log.startMarking()
    /// for index in index.blocksInUse { _ = try await log.get(index) }
    /// let swept = try await log.sweepUnmarked()
    /// ```
    ///
    /// Marks of reads gather in memory and are stored some 4,096 at a time, when the log is closed, and before a sweep. A
    /// crash may lose the last of them: then blocks are swept that a peer may have to bring again.
    ///
    /// - Throws: `.notWritable` in a read-only store and on a snapshot; `.closed`, `.storage`.
    public func startMarking() async throws {
        try requireLive()
        try await core.startMarking()
    }

    /// Marks the blocks of `range`, whether they are here or not, and returns when the marks are stored.
    ///
    /// - Throws: `.notMarking` before ``startMarking()``; `.notWritable`, `.closed`, `.storage`; `CancellationError`.
    public func mark(_ range: Range<UInt64>) async throws {
        try requireLive()
        try await core.mark(range)
    }

    /// Clears every block that is not marked, and ends marking.
    ///
    /// It goes through the log in steps, each a commit that clears `batchSize` blocks at most. A crash or a cancellation
    /// leaves the marks as they are, and sweeping again goes on. What is first read while it runs may be swept.
    ///
    /// - Parameter batchSize: from 1 to 32,768.
    /// - Returns: what was cleared.
    /// - Throws: `.notMarking` before ``startMarking()``: nothing would be kept; `.conflict` where marking was begun anew
    ///   meanwhile; `.outOfBounds` for another batch size; `.notWritable`, `.closed`, `.damaged`, `.storage`;
    ///   `CancellationError`.
    @discardableResult
    public func sweepUnmarked(batchSize: Int = 4096) async throws -> ClearResult {
        try requireLive()
        guard (1...32_768).contains(batchSize) else {
            throw HypercoreError(.outOfBounds, key: key, "a step sweeps 1 to 32,768 blocks, not \(batchSize)")
        }
        return try await core.sweepUnmarked(batchSize: batchSize)
    }

    /// Marks a block that was read through this session; that of a snapshot or a branch only where the log has it, too.
    func markRead(_ index: UInt64) {
        guard core.marks.isActive, headBesideTheLog(view).map({ core.isShared(index, with: $0) }) ?? true else {
            return
        }
        core.markRead(index)
    }
}
