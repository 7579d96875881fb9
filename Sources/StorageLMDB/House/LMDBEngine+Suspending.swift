import CCorestoreLMDB
public import StorageEngine
import Synchronization

extension LMDBEngine: SuspendingEngine {
    /// Brings everything to the disk and lets go of files and locks: other processes may write meanwhile.
    ///
    /// Waits for reads and a write under way. A copy or compaction under way is given up. Suspending again does
    /// nothing.
    ///
    /// - Throws: `.closed`; `.inputOutput` where the sync failed: the engine is suspended all the same, and once
    ///   resumed refuses to write as after every failed sync.
    public func suspend() throws(StorageError) {
        checkNotReading("suspending")
        try checkProcess()
        enter(.suspended)
        try keepHouse { () throws(StorageError) in
            guard state.withLock({ $0.phase }) != .closed else { throw .engineClosed(path) }
            // Again, since it may have been resumed in between.
            enter(.suspended)
            try detach()
        }
    }

    /// Opens the files again. Resuming what is not suspended does nothing.
    ///
    /// An engine that was opened read-only sees what others have written meanwhile, as it always does. One that writes
    /// and whose store has been written to, compacted or replaced throws `.conflict`.
    ///
    /// - Throws: `.inUse`, `.conflict`, `.closed`, and what opening throws. The engine stays suspended.
    public func resume() throws(StorageError) {
        try checkProcess()
        try keepHouse { () throws(StorageError) in
            let (phase, departure) = state.withLock { ($0.phase, $0.departure) }
            guard phase != .closed else { throw .engineClosed(path) }
            // None where nothing was let go of, also where somebody is only about to suspend.
            guard let departure else { return }
            try attach(after: departure)
            enter(.open)
        }
    }

    private func attach(after departure: Departure) throws(StorageError) {
        let directory = try StoreDirectory(path, createsIfMissing: false)
        let entry = try OpenStores.Entry(directory)
        let lock = isReadOnly ? nil : try WriterLock(directory)
        guard let attachment = try Attachment.current(in: directory, tables, options, trust) else {
            throw StorageError(.conflict, "\(path) holds no store any more; close this one")
        }
        guard isReadOnly || departure == Departure(from: attachment) else {
            attachment.close()
            throw StorageError(
                .conflict, "\(path) was changed by another process while it was suspended; close it and open it again")
        }
        trust?.hold()
        readers.replaceEnvironment(with: attachment.environment)
        state.withLock { state in
            state.hold = Hold(directory: directory, entry: entry, lock: lock)
            state.attachment = attachment
            state.departure = nil
        }
    }
}

/// What an engine left behind when it let go of its files: where it is not found again, somebody else has written.
struct Departure: Equatable {
    let name: String
    let file: FileIdentity
    let lastTransaction: Int

    init(from attachment: Attachment) {
        name = attachment.name
        file = attachment.file.identity
        lastTransaction = attachment.lastTransaction
    }
}
