/// An engine that can rewrite itself without the space that it no longer uses.
public protocol CompactingEngine: StorageEngine {
    /// Rewrites what is stored into as little space as it takes, and lets go of the old files.
    ///
    /// Reads go on meanwhile; writes wait. A crash at any moment leaves one good store: the old one or the new one.
    /// Blocks the calling thread for as long as it takes to copy the store.
    ///
    /// - Parameters:
    ///   - progress: called now and then, on the calling thread.
    ///   - isCancelled: asked now and then, on the calling thread, whether to give up.
    /// - Throws: `.cancelled`; `.inUse` while another process is attached, with its process id; `.full` where the disk has no room for
    ///   the copy; `.inputOutput`, `.readOnly`, `.closed`, `.suspended`, `.poisoned`. The store is then as it was.
    func compact(progress: (CopyProgress) -> Void, isCancelled: () -> Bool) throws(StorageError)
}

extension CompactingEngine {
    /// ``compact(progress:isCancelled:)`` to the end.
    public func compact(progress: (CopyProgress) -> Void) throws(StorageError) {
        try compact(progress: progress, isCancelled: { false })
    }
}

/// An engine that can write a copy of itself while it is in use.
public protocol CopyingEngine: StorageEngine {
    /// Writes a consistent copy of what is committed now to a new store in `directory`, in as little space as it takes.
    ///
    /// Reads and writes go on meanwhile. What the copy holds is on the disk when this returns. The copy is known to be
    /// one (see ``DoubtingEngine``): it may be older than its original when it is opened. Blocks the calling thread.
    ///
    /// - Parameters:
    ///   - directory: must not exist, or be empty; its parent must exist.
    ///   - progress: called now and then, on the calling thread.
    ///   - isCancelled: asked now and then, on the calling thread, whether to give up.
    /// - Throws: `.cancelled`, `.inaccessible`, `.full`, `.inputOutput`, `.closed`, `.suspended`. What was begun is removed again.
    func copy(
        to directory: String, progress: (CopyProgress) -> Void, isCancelled: () -> Bool
    ) throws(StorageError)
}

extension CopyingEngine {
    /// ``copy(to:progress:isCancelled:)`` to the end.
    public func copy(to directory: String, progress: (CopyProgress) -> Void) throws(StorageError) {
        try copy(to: directory, progress: progress, isCancelled: { false })
    }
}

/// How far a copy has come.
public struct CopyProgress: Sendable, Hashable {
    /// The bytes written so far.
    public let copiedByteCount: Int
    /// About how many bytes the copy will have; it may turn out smaller.
    public let expectedByteCount: Int

    /// A state of progress.
    public init(copiedByteCount: Int, expectedByteCount: Int) {
        self.copiedByteCount = copiedByteCount
        self.expectedByteCount = expectedByteCount
    }
}
