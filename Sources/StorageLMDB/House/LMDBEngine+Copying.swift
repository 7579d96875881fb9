public import StorageEngine
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension LMDBEngine: CopyingEngine {
    /// How often a copy may have to begin again. The map doubles each time that it grows, so this is never reached but
    /// by a store that is compacted again and again.
    private static let maximumAttempts = 64

    /// Writes a copy of what is committed now to `directory`: a whole store, which can be opened there.
    ///
    /// Reads and writes go on. While it lasts, no page that it sees is used again, and the file grows instead. It gives
    /// way where the file has to be mapped anew or is compacted, and begins again from the start, with what is
    /// committed then; progress falls back to zero. Blocks the calling thread.
    ///
    /// - Throws: `.cancelled`; `.inaccessible` where the directory is not empty, lies in the store, or its parent is missing; `.full`,
    ///   `.inputOutput`, `.closed`, `.suspended`; also those two where the engine is closed or suspended meanwhile. What
    ///   was begun is removed again.
    public func copy(
        to directory: String, progress: (CopyProgress) -> Void, isCancelled: () -> Bool
    ) throws(StorageError) {
        checkNotReading("copying")
        try checkProcess()
        let destination = try CopyDestination(directory, outside: try storeDirectory())
        do throws(StorageError) {
            try copyPages(to: destination, progress, isCancelled)
            try destination.complete()
        } catch {
            destination.remove()
            throw error
        }
    }

    private func copyPages(
        to destination: CopyDestination, _ progress: (CopyProgress) -> Void, _ isCancelled: () -> Bool
    ) throws(StorageError) {
        for _ in 0..<Self.maximumAttempts {
            let expectedByteCount = try usedByteCount()
            let outcome = try readers.withLongRead { (environment, mustGiveWay) throws(StorageError) in
                try PageCopy(environment: environment, expectedByteCount: expectedByteCount)
                    .write(to: destination.file, destination.path, progress: progress) {
                        mustGiveWay() || isCancelled()
                    }
            }
            switch outcome {
            case .finished: return
            case .cutOff:
                if isCancelled() { throw StorageError(.cancelled, "copying \(path) was given up") }
            case .mapIsOutgrown: try readers.resizeMap(to: 0)
            }
            guard destination.file.truncate() else { throw .cannotWrite(destination.path, errorNumber: errno) }
        }
        throw StorageError(.inputOutput, "\(path) is compacted, or grows, again and again; copy it later")
    }

    /// A store that takes no more writes can still be copied.
    private func storeDirectory() throws(StorageError) -> StoreDirectory {
        let result: Result<StoreDirectory, StorageError> = state.withLock { state in
            switch (state.phase, state.hold) {
            case (.open, let hold?): .success(hold.directory)
            case (.closed, _): .failure(.engineClosed(path))
            default: .failure(.engineSuspended(path))
            }
        }
        return try result.get()
    }
}
