import Synchronization

extension GroupWriter {
    /// Runs `body` on the writer thread, after everything that was queued before and before anything that comes later.
    ///
    /// For what an engine does while nothing is written: compaction.
    ///
    /// - Throws: `.closed`; what `body` throws.
    public func alone(_ body: @escaping @Sendable () throws(StorageError) -> Void) async throws(StorageError) {
        try await commit(queue.withLock { $0.append(.alone(body, .goOn), byteCount: 0, completion: nil) })
    }

    /// Runs `body` like ``alone(_:)`` and then applies nothing until ``release(_:)``: sets are queued meanwhile, and those
    /// who commit them wait.
    ///
    /// - Throws: `.closed`; what `body` throws, and then nothing is held.
    public func hold(_ body: @escaping @Sendable () throws(StorageError) -> Void) async throws(StorageError) {
        try await commit(queue.withLock { $0.append(.alone(body, .hold), byteCount: 0, completion: nil) })
    }

    /// Runs `body` on the writer thread, and then lets go on what ``hold(_:)`` has stopped.
    ///
    /// - Throws: `.closed`; what `body` throws, and then the queue is held on.
    public func release(_ body: @escaping @Sendable () throws(StorageError) -> Void) async throws(StorageError) {
        try await commit(queue.withLock { $0.prependRelease(body) })
    }
}
