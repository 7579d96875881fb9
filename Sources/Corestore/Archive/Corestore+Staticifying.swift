public import Hypercore

extension Corestore {
    /// Makes a static log of the blocks that a log has now: its manifest fixes them, so that nobody can sign it, everybody can
    /// verify it without a signature, and it stays as it is for good. Equal blocks make the same static log everywhere.
    ///
    /// ```swift
    /// let release = try await store.staticify(draft)
    /// print(release.key)
    /// ```
    ///
    /// Blocks that are not here are missing from the static log, too, and come from peers who have it; making it again fills
    /// in what is here by then. It is copied in chunks of bounded size, each verified; what was copied before a
    /// cancellation is not copied again.
    ///
    /// Blocks of an encrypted log stay encrypted as they are. A key that is given as `.key` would be another one for another
    /// log, so open the static log with what it was made into for the old one: `.blockKey(blockKey)`.
    ///
    /// - Parameters:
    ///   - log: the log, or a snapshot or branch of one; of this store or another.
    ///   - options: how the session on the static log is opened.
    /// - Returns: a session on the static log.
    /// - Throws: ``CorestoreError``: `.invalidArgument` for an empty log, `.closed`. `HypercoreError`: `.notWritable` in a
    ///   read-only store, `.closed`, `.damaged`, `.storage`; `CancellationError`.
    public func staticify(_ log: Hypercore, options: SessionOptions = SessionOptions()) async throws -> Hypercore {
        try requireOpen()
        guard log.length > 0 else {
            throw CorestoreError(.invalidArgument, "the log \(log.key) is empty: a static log has at least one block")
        }
        let copy = try await importArchive(from: log.staticArchive())
        let session: Hypercore
        do {
            session = try await get(key: copy.key, options: options)
        } catch {
            await copy.close()
            throw error
        }
        await copy.close()
        return session
    }
}
