import CCorestoreLMDB
public import StorageEngine
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What a compaction has done, in this order. A crash after any of them leaves one good store: the old one before
/// ``pointerReplaced``, the new one from then on.
enum CompactionStep: Int, CaseIterable, Comparable {
    case directoryMade
    case pagesCopied
    case namesSynchronized
    case environmentOpened
    case othersExcluded
    case pointerReplaced
    case environmentReplaced
    case oldEnvironmentClosed
    case oldEnvironmentRemoved

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension LMDBEngine: CompactingEngine {
    /// Rewrites the store without the pages that hold nothing: into a new environment beside the present one, to which
    /// the pointer file is then switched.
    ///
    /// Reads go on; writes wait until the new environment is in place, and so does a copy. Needs as much room on the
    /// disk as is in use. Closing or suspending the engine gives it up. Blocks the calling thread. `progress` must not
    /// write.
    ///
    /// - Throws: `.cancelled`; `.inUse` while another process has the store open, with its process id; `.full`, `.inputOutput`,
    ///   `.readOnly`, `.closed`, `.suspended`, `.poisoned`. The store is then as it was.
    public func compact(progress: (CopyProgress) -> Void, isCancelled: () -> Bool) throws(StorageError) {
        try compact(progress: progress, isCancelled: isCancelled) { _ in }
    }

    /// - Parameter didStep: for tests: called after each step.
    func compact(
        progress: (CopyProgress) -> Void, isCancelled: () -> Bool = { false }, didStep: (CompactionStep) -> Void
    ) throws(StorageError) {
        checkNotReading("compacting")
        try checkProcess()
        if isReadOnly { throw .openedReadOnly(path) }
        try keepHouse { () throws(StorageError) in
            let (old, directory) = try openAttachment()
            try old.checkUnshared(path)
            let new = try makeReplacement(of: old, in: directory, progress, isCancelled, didStep)
            do throws(StorageError) {
                try excludeOthers(from: old, isCancelled)
                didStep(.othersExcluded)
                try environmentWillBeReplaced(old, by: new)
                try EnvironmentPointer(environment: new.name).write(in: directory)
                didStep(.pointerReplaced)
            } catch {
                old.lockFile?.admitOthers()
                abandon(new, for: old, in: directory, because: error)
                throw error
            }
            replace(old, by: new)
            didStep(.environmentReplaced)
            readers.waitForOutdatedReads()
            old.close()
            didStep(.oldEnvironmentClosed)
            directory.removeEnvironment(old.name)
            didStep(.oldEnvironmentRemoved)
        }
    }
}

// MARK: - Making the new environment

extension LMDBEngine {
    private func makeReplacement(
        of old: Attachment, in directory: StoreDirectory, _ progress: (CopyProgress) -> Void,
        _ isCancelled: () -> Bool, _ didStep: (CompactionStep) -> Void
    ) throws(StorageError) -> Attachment {
        let name = try directory.createEnvironment()
        didStep(.directoryMade)
        do throws(StorageError) {
            try copyPages(of: old, to: directory.dataPath(of: name), progress, isCancelled)
            didStep(.pagesCopied)
            try directory.synchronizeNames(of: name)
            didStep(.namesSynchronized)
            let new = try Attachment(
                EnvironmentOpener(
                    directory: directory, tables: tables, options: options, name: name, isNew: false, trust: trust))
            didStep(.environmentOpened)
            return new
        } catch {
            directory.removeEnvironment(name)
            throw error
        }
    }

    private func copyPages(
        of old: Attachment, to path: String, _ progress: (CopyProgress) -> Void, _ isCancelled: () -> Bool
    ) throws(StorageError) {
        let copy = PageCopy(environment: old.environment, expectedByteCount: try usedByteCount())
        let file = try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL)
        let outcome = try copy.write(to: file, path, progress: progress) {
            isCancelled() || state.withLock { $0.phase != .open }
        }
        switch outcome {
        case .finished: return
        case .cutOff where isCancelled(): throw .compactionCancelled(self.path)
        case .cutOff: throw state.withLock { $0.refusal(self.path) } ?? .engineClosed(self.path)
        case .mapIsOutgrown: preconditionFailure("another process writes to \(self.path)")
        }
    }

    /// About what a copy takes.
    func usedByteCount() throws(StorageError) -> Int {
        let statistics = try statistics()
        return statistics.usedPageCount * statistics.pageByteCount
    }
}

// MARK: - Moving in

extension LMDBEngine {
    /// How long a process that opened the store during the copy is waited for: 2 seconds, in steps of 10 ms.
    private static let exclusionAttempts = 200

    /// Keeps other processes from opening the old environment until it is known to be old: whoever tries waits, and
    /// then finds that the pointer has changed.
    private func excludeOthers(from old: Attachment, _ isCancelled: () -> Bool) throws(StorageError) {
        for _ in 0..<Self.exclusionAttempts {
            if old.lockFile?.excludeOthers() == true { return }
            if let refusal = state.withLock({ $0.refusal(path) }) { throw refusal }
            if isCancelled() { throw .compactionCancelled(path) }
            pause(microseconds: 10_000)
        }
        try old.checkUnshared(path)
        throw StorageError(.inUse, "\(path) is opened by other processes again and again; compact it later")
    }

    private func abandon(
        _ new: Attachment, for old: Attachment, in directory: StoreDirectory, because error: StorageError
    ) {
        new.close()
        if (try? EnvironmentPointer(in: directory)) == EnvironmentPointer(environment: old.name) {
            directory.removeEnvironment(new.name)
        } else {
            // The pointer was replaced, but which one the disk has is unknown: whatever is written to either environment
            // may be lost. The next opening decides.
            state.withLock { $0.poison(by: error, path) }
        }
    }

    private func replace(_ old: Attachment, by new: Attachment) {
        readers.replaceEnvironment(with: new.environment)
        old.lockFile?.admitOthers()
        environmentReplaced(by: new)
        state.withLock { state in
            state.attachment = new
            state.right.letWritersIn()
        }
    }
}

extension StorageError {
    fileprivate static func compactionCancelled(_ path: String) -> StorageError {
        StorageError(.cancelled, "compacting \(path) was given up; the store is as it was")
    }
}

extension Attachment {
    /// Throws `.inUse` where another process has the environment open.
    fileprivate func checkUnshared(_ path: String) throws(StorageError) {
        guard let other = lockFile?.otherProcess else { return }
        let name = other > 0 ? "process \(other)" : "a process of another container"
        throw StorageError(
            .inUse, "\(path) cannot be compacted while \(name) has it open; close it there, then compact it")
    }
}
