import Synchronization

extension Hypercore {
    /// Opens a further session on the same log, with a close of its own.
    ///
    /// ```swift
    /// let reader = try await log.session(options: SessionOptions(isReadOnly: true))
    /// ```
    ///
    /// A session that is opened from a snapshot or a branch is on that snapshot or branch, and one from a read-only
    /// session is read-only.
    ///
    /// - Parameter options: how it is opened. Where they have no encryption, it is that of this session.
    /// - Throws: `.closed`, `.purged`; while an exclusive session waits for its turn, `CancellationError`, and `.closed`
    ///   where ``closeAll()`` or the end of the store closes it.
    public func session(options: SessionOptions = SessionOptions()) async throws -> Hypercore {
        try requireOpen()
        if let branch { try branch.retain() }
        let session = try derived(
            view: try view.map { try SnapshotView(sharing: $0) }, branch: branch, encryption: options.encryption,
            isReadOnly: options.isReadOnly)
        try await session.assume(options)
        return session
    }

    /// Whether changes through this session are refused, because it, or the one that it was opened from, was opened
    /// read-only.
    public var isReadOnly: Bool { refusesChanges }

    /// How many sessions of the log are open in this process, this one, snapshots and branches included.
    public var sessionCount: Int { core.sessions.withLock { $0.count } }

    /// Closes all sessions of the log in this process, snapshots and branches included, and this one.
    ///
    /// Each ends as if it was closed itself (``close()``). Peers that replicate the log are not let go.
    ///
    /// - Throws: `.closed` where this session is closed.
    public func closeAll() async throws {
        try requireOpen()
        core.closeSessions { _ in true }
    }
}

// MARK: - Opening

extension Hypercore {
    /// Another session of the same core, on `branch` if there is one, which was retained for it.
    func derived(
        view: SnapshotView?, branch: Branch?, encryption: BlockEncryption? = nil, isReadOnly: Bool = false
    ) throws -> Hypercore {
        guard core.registry.retainAgain(core) else {
            branch?.release()
            throw core.ended ?? CoreEnd.closed.error(key)
        }
        let session = Hypercore(
            retaining: core, view: view, branch: branch, cipher: encryption.map { SessionCipher($0) } ?? cipher,
            isReadOnly: isReadOnly || refusesChanges, isActive: tie.isActive, scope: tie.scope)
        // Where the store session was closed meanwhile.
        try session.requireOpen()
        return session
    }

    /// Makes a session that was just opened what `options` ask for: waits for its turn where it is exclusive, and lets go
    /// of the core where it is weak.
    ///
    /// - Throws: `CancellationError`; `.closed` where the session ended while it waited, or where it is weak and nobody
    ///   else has the log open.
    func assume(_ options: SessionOptions) async throws {
        if options.isExclusive, !refusesChanges, view == nil {
            try await core.exclusivity.acquire(for: tie.waits, of: key)
            try requireOpen()
        }
        guard options.isWeak else { return }
        tie.weaken()
        guard tie.waits.isOpen else {
            throw HypercoreError(
                .closed, key: key,
                "a weak session needs somebody else to have the log open, and nobody has; open one that is not weak")
        }
    }
}
