import Hypercore
import HypercoreStorage
public import StorageEngine

extension Corestore {
    /// What the store takes on the disk. It reads all keys, so it takes a while for a large store; nothing waits for it.
    ///
    /// - Throws: ``CorestoreError``: `.closed`, `.storage`, `.unsupported` by the storage engine; `CancellationError`.
    public func storageInfo() async throws -> StoreStorageInfo {
        let files = try await fileSpace()
        let logs = try await translating { try await root.registry.storageInfo() }
        return StoreStorageInfo(
            logs: logs, fileByteCount: files.fileByteCount, freeByteCount: files.freeByteCount)
    }

    /// How large the store's files are, and how much of them holds nothing; ``storageInfo()`` without reading the keys.
    ///
    /// - Throws: ``CorestoreError``: `.closed`, `.storage`, `.unsupported` by the storage engine.
    public func fileSpace() async throws -> EngineSpace {
        try requireOpen()
        let engine: any MeasuringEngine = try root.capability()
        return try await translating { try await blockingCall { try engine.space() } }
    }

    /// Rewrites the store's file without the space that it no longer uses.
    ///
    /// Reads go on meanwhile and writes wait. A crash at any moment leaves one good store. What waits to be swept is
    /// swept first.
    ///
    /// - Parameter progress: called now and then, on a thread of the store's.
    /// - Throws: ``CorestoreError``: `.storage` where another process is attached (with its id), the disk has no room for
    ///   the copy, or the store is read-only; `.closed`, `.unsupported`; `CancellationError`, and the store is as it was.
    public func compact(progress: @escaping @Sendable (CopyProgress) -> Void = { _ in }) async throws {
        try requireOpen()
        let engine: any CompactingEngine = try root.capability()
        let writer = try root.requireWriter()
        await root.registry.finishSweeping()
        try await translating {
            try await cancellable { isCancelled in
                try await writer.alone { () throws(StorageError) in
                    try engine.compact(progress: progress, isCancelled: isCancelled)
                }
            }
        }
    }

    /// Writes a copy of the store as it is now to a new directory, while the store is used on.
    ///
    /// **A copy that is opened for writing would sign a second history** beside the original's. So it is known to be one,
    /// and its logs refuse to be appended to until peers confirm their length, or the caller says that the original is
    /// gone.
    ///
    /// - Parameters:
    ///   - directory: must not exist, or be empty; its parent must exist.
    ///   - progress: called now and then, on a thread of the store's.
    /// - Throws: ``CorestoreError``: `.storage`, `.closed`, `.unsupported`; `CancellationError`. What was begun is removed
    ///   again.
    public func backUp(
        to directory: String, progress: @escaping @Sendable (CopyProgress) -> Void = { _ in }
    ) async throws {
        try requireOpen()
        let engine: any CopyingEngine = try root.capability()
        try await translating {
            try await cancellable { isCancelled in
                try await blockingCall {
                    try engine.copy(to: directory, progress: progress, isCancelled: isCancelled)
                }
            }
        }
    }

    /// Returns when nothing is left of what truncations and purges left behind, but for what snapshots read.
    public func finishSweeping() async throws {
        try requireOpen()
        await root.registry.finishSweeping()
    }

    /// Words what the floors below throw.
    func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw CorestoreError(error)
        }
    }
}

// MARK: - Suspending

extension Corestore {
    /// Brings everything to the disk and lets go of the files and their locks, for an application that goes to the
    /// background.
    ///
    /// Until ``resume()``, what would read at once throws `.suspended`, and what may wait (`get`, `append`, opening a
    /// log) waits. Suspending again does nothing.
    ///
    /// - Throws: ``CorestoreError``: `.storage`, `.closed`, `.unsupported`.
    public func suspend() async throws {
        try requireOpen()
        let engine: any SuspendingEngine = try root.capability()
        try await translating { try await root.suspension.suspend(engine, writer: root.directory.writer) }
    }

    /// Opens the files again after ``suspend()``, and lets go on what waited.
    ///
    /// - Throws: ``CorestoreError``: `.storage` where another process writes to the store now, or has written to it
    ///   meanwhile: then it has to be closed and opened again. The store stays suspended.
    public func resume() async throws {
        try requireOpen()
        let engine: any SuspendingEngine = try root.capability()
        try await translating { try await root.suspension.resume(engine, writer: root.directory.writer) }
    }
}
