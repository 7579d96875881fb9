extension Hypercore {
    /// Checks everything that is stored of the log: its tree against the signed head, its blocks against the tree, and
    /// the record of which blocks are here against the blocks.
    ///
    /// With `repairing`, damaged nodes are made anew out of the nodes and blocks below them, where these lead to the hash
    /// above. What cannot be proven is removed: the log then knows that it lacks it, and a peer can bring it again, with
    /// its proof. That holds for logs that were written here, too. Without, nothing is changed.
    ///
    /// ```swift
    /// let report = try await log.audit(repairing: true) { event in
    ///     if case .damage(let damage) = event { print(damage) }
    /// }
    /// if report.dropped.blocks > 0 { _ = try log.download(end: log.length) }
    /// ```
    ///
    /// It reads in steps of a bounded size, off the threads that tasks run on, and each step's repair is one small commit.
    /// The log can be used meanwhile: what is appended after the audit began is not checked, and what is cut off is
    /// passed over. Cancelled, it leaves what was repaired.
    ///
    /// - Parameters:
    ///   - repairing: whether to repair what is damaged.
    ///   - onEvent: told of damage and progress, step by step.
    /// - Throws: `.notWritable` for a repair in a read-only store or on a snapshot; `.damaged` where the head itself, or
    ///   the record of how many blocks are here, cannot be read; `.unsupported` on a branch; `.closed`, `.purged`,
    ///   `.storage`; `CancellationError`.
    public func audit(
        repairing: Bool = false, onEvent: @escaping @Sendable (AuditEvent) -> Void = { _ in }
    ) async throws -> AuditReport {
        try requireOpen()
        try requireMainLine()
        if repairing {
            try requireLive()
            _ = try core.requireWriter()
        }
        var audit = Audit(of: self, isRepairing: repairing, onEvent: onEvent)
        do {
            return try await audit.run()
        } catch {
            // A log that is closed or purged meanwhile looks like a damaged one.
            if let ended = core.ended { throw ended }
            throw HypercoreError.translating(error, key: key)
        }
    }
}
