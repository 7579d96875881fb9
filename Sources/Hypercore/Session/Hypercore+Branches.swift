import HypercoreStorage

extension Hypercore {
    /// A session on the branch `name` of the log, which is made where it is missing.
    ///
    /// A branch is a line of its own beside the log: it begins with the log's blocks, copies none of them, and goes on
    /// with what is appended to it. It is stored, and found again under its name. Nobody signs it, so it takes no key, and
    /// no peer hears of it; ``commit(_:length:replacing:signature:)`` makes it part of the log.
    ///
    /// ```swift
    /// let draft = try await log.branch("draft")
    /// try await draft.append(contentsOf: blocks)
    /// try await log.commit(draft)
    /// try await log.deleteBranch("draft")
    /// ```
    ///
    /// Opened from a snapshot, or from another branch, a new branch begins with the blocks of that one. The session is
    /// closed like any other; the branch stays until it is deleted.
    ///
    /// - Parameters:
    ///   - name: its name: 1 to 400 bytes of UTF-8.
    ///   - length: where a new branch begins, at the end where none is given. A branch that is there already is cut to it
    ///     where it is longer, which begins a new fork of it.
    ///   - options: how the session is opened. Where they have no encryption, it is that of this session.
    /// - Throws: `.outOfBounds` for a name of no bytes or too many, or a length past the end or below the manifest's
    ///   prologue; `.notFound` where the branch is missing and the session is read-only; `.notWritable` where it is missing
    ///   in a read-only store; `.notAvailable` where the tree at `length` was never downloaded; `.closed`, `.storage`.
    public func branch(
        _ name: String, checkout length: UInt64? = nil, options: SessionOptions = SessionOptions()
    ) async throws -> Hypercore {
        try requireOpen()
        let isReadOnly = options.isReadOnly || refusesChanges
        let bytes = try checked(name)
        // Kept by a lease of our own until the branch is stored, should this session be closed meanwhile.
        let view = try view.map { try SnapshotView(sharing: $0) }
        let origin = view.map(BranchOrigin.snapshot) ?? branch.map(BranchOrigin.branch) ?? .log
        let opened = try await core.openBranch(bytes, from: origin, at: length, creating: !isReadOnly)
        guard let opened else {
            throw HypercoreError(
                .notFound, key: key, "the log has no branch \"\(name)\", and a read-only session makes none")
        }
        withExtendedLifetime(view) {}
        let session = try derived(
            view: nil, branch: opened.branch, encryption: options.encryption, isReadOnly: isReadOnly)
        if let length, !opened.isNew { try await session.checkOut(length) }
        try await session.assume(options)
        return session
    }

    /// The name of the branch that the session is on; `nil` on the log itself and on snapshots.
    public var branchName: String? { branch.map { String(decoding: $0.name, as: UTF8.self) } }

    /// The names of the log's branches, in the order of their bytes, at most `limit` of them, past `last`.
    ///
    /// - Throws: `.closed`, `.storage`.
    public func branches(after last: String? = nil, limit: Int = .max) throws -> [String] {
        try requireOpen()
        guard limit > 0 else { return [] }
        do {
            return try core.stored.branchNames(after: last.map { Array($0.utf8) }, limit: limit)
                .map { String(decoding: $0, as: UTF8.self) }
        } catch {
            throw HypercoreError(error, key: key)
        }
    }

    /// Deletes a branch. Its sessions refuse every call from then on; its snapshots go on. What only it had is swept later.
    ///
    /// - Throws: `.notFound`, `.notWritable`, `.closed`, `.storage`.
    public func deleteBranch(_ name: String) async throws {
        try requireChangeable()
        try await core.deleteBranch(checked(name))
    }

    /// Makes the first blocks of a branch the log's, in one commit and under one signature; nothing is copied.
    ///
    /// Where the log is the beginning of the branch, peers see an append. The branch stays and shares its blocks with the
    /// log; it can go on, and be committed again. Where the log has blocks that the branch has not, nothing happens but an
    /// error, unless `replacing` says that they are to go: then peers see the log truncated to what both have, and appended
    /// to.
    ///
    /// ```swift
    /// try await log.commit(draft, length: 40)  // the first 40 blocks of the draft; the rest some other time
    /// ```
    ///
    /// - Parameters:
    ///   - branch: a session on a branch of this log (``branch(_:checkout:options:)``).
    ///   - length: how many blocks of the branch; all where none is given.
    ///   - replacing: whether blocks of the log that the branch has not are given up, which begins a new fork.
    ///   - signature: a signature over the tree that comes of it, where it is made elsewhere; the log's signer makes it
    ///     where none is given.
    /// - Returns: where the log stands after it; where the log had all of the blocks before, nothing has changed.
    /// - Throws: `.conflict`; `.unsupported` for a session that is not on a branch of this log; `.outOfBounds`,
    ///   `.notWritable`, `.appendingStopped`, `.signingFailed`, `.closed`, `.storage`; `.invalidSignature` for a signature
    ///   that does not fit; `CancellationError`.
    @discardableResult
    public func commit(
        _ branch: Hypercore, length: UInt64? = nil, replacing: Bool = false, signature: [UInt8]? = nil
    ) async throws -> AppendResult {
        try requireLive()
        try branch.requireOpen()
        guard let line = branch.branch, branch.core === core else {
            throw HypercoreError(
                .unsupported, key: key, "only a session on a branch of this log can be committed to it")
        }
        let result = try await core.commit(
            line, length: length, replacing: replacing, signature: signature, of: waits)
        return result.withoutPadding(paddingByteCount)
    }

    /// Cuts a branch that was there already to the length that it was opened at.
    private func checkOut(_ length: UInt64) async throws {
        guard length <= self.length else {
            throw HypercoreError(
                .outOfBounds, key: key, "the branch has \(self.length) blocks, and cannot be opened at \(length)")
        }
        guard length < self.length else { return }
        try await truncate(to: length)
    }

    private func checked(_ name: String) throws(HypercoreError) -> [UInt8] {
        let bytes = Array(name.utf8)
        guard (1...CoreWrite.maximumBranchNameByteCount).contains(bytes.count) else {
            throw HypercoreError(
                .outOfBounds, key: key,
                "the name of a branch has 1 to \(CoreWrite.maximumBranchNameByteCount) bytes, not \(bytes.count)")
        }
        return bytes
    }
}
