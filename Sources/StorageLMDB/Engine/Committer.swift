import CCorestoreLMDB
import StorageEngine

/// Runs write transactions and tells apart the ways in which their commits fail.
///
/// LMDB's commit writes the pages, then syncs them, then writes the meta page, and reports only one error number:
///
/// - *The pages could not be written* (disk full, a limit on file sizes, a bad block). The file is as it was, but for
///   pages that nothing refers to. Later writes may work.
/// - *The sync failed.* Then the system may have dropped pages that earlier commits had written, and a later sync would
///   not tell. Only reopening shows what is on the disk.
/// - *The meta page could not be written.* LMDB itself then refuses everything (`MDB_PANIC`).
///
/// The last shows by trying to read. The sync is told from the write by a second descriptor of the file: Linux reports
/// an error of the disk once to every descriptor that was open when it happened, so a sync of that one fails, too.
/// Systems that do not promise this (Darwin) count `EIO` as a failed sync.
///
/// `@unchecked Sendable`: the engine hands it to one thread at a time, under its lock.
final class Committer: @unchecked Sendable {
    enum Outcome {
        case committed
        /// Nothing happened; the transaction has to run again in a larger map.
        case mapIsFull
        /// Nothing happened; later writes may work.
        case failed(StorageError)
        /// What happened is unknown until the store is opened again.
        case poisoned(StorageError)
    }

    private let environment: Environment
    private let file: FileDescriptor
    private var fileLength: FileLength
    /// `nil` where the store is only read.
    let trust: Trust?
    private var isSyncing = true
    /// Whether anything was committed since the last sync, also by a process that was killed.
    private(set) var hasUnsynced: Bool
    /// Whether anything was synced here. Then all of that transaction and earlier ones has reached the disk.
    private var hasSynced = false

    init(_ opened: consuming EnvironmentOpener.Opened) {
        environment = opened.environment
        file = opened.file
        fileLength = opened.fileLength
        trust = opened.trust
        hasUnsynced = opened.trust?.isDirty ?? false
    }

    /// Runs `body` in a transaction, and commits it.
    func run(
        _ durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) -> Outcome {
        setSyncing(durability == .full)
        var pointer: OpaquePointer?
        let status = environment.begin(0, &pointer)
        guard status.isSuccess, let pointer else { return failure(status, "beginning to write to \(environment.path)") }
        let view = WriteView(OpenTransaction(pointer: pointer, environment: environment))
        do throws(StorageError) {
            try body(WriteTransaction(view))
        } catch {
            mdb_txn_abort(pointer)
            return failure(view.failure, throwing: error)
        }
        guard view.failure?.rawValue != MDB_MAP_FULL else {
            mdb_txn_abort(pointer)
            return .mapIsFull
        }
        return commit(pointer, durability)
    }

    /// Brings to the disk what was committed without a sync.
    func sync() -> Outcome {
        let status = LMDBStatus(mdb_env_sync(environment.pointer, 1))
        guard status.isSuccess else { return poisoned(status.error("bringing \(environment.path) to the disk")) }
        (hasUnsynced, hasSynced) = (false, true)
        return .committed
    }

    /// Brings everything to the disk and records it, before the files are let go of.
    ///
    /// - Parameter isPoisoned: nothing can be brought there any more; then a doubt that was recorded stays.
    func finish(isPoisoned: Bool) -> Outcome {
        defer { trust?.release() }
        guard !isPoisoned else { return .committed }
        let outcome = hasUnsynced ? sync() : .committed
        // Where it cannot be recorded, nothing is lost: at worst the store is doubted without need.
        if case .committed = outcome { try? trust?.recordClean(upTo: syncedTransaction) }
        return outcome
    }

    private func commit(_ pointer: OpaquePointer, _ durability: Durability) -> Outcome {
        if durability == .relaxed {
            do throws(StorageError) {
                try trust?.recordDirty(upTo: syncedTransaction)
            } catch {
                mdb_txn_abort(pointer)
                return .failed(error)
            }
        }
        let transaction = mdb_txn_id(pointer)
        let status = LMDBStatus(mdb_txn_commit(pointer))
        if status.rawValue == MDB_MAP_FULL { return .mapIsFull }
        guard status.isSuccess else { return failure(status, "committing to \(environment.path)") }
        if durability == .relaxed {
            hasUnsynced = true
        } else if lastTransaction == transaction {
            // What earlier commits have left in memory comes along: the file is synced as a whole. But LMDB does not
            // even sync where there was nothing to commit.
            (hasUnsynced, hasSynced) = (false, true)
        }
        guard fileLength.commit(of: environment.pointer, durability) else {
            return .poisoned(
                StorageError(.inputOutput, "\(environment.path) cannot be lengthened; open the store again"))
        }
        return .committed
    }

    /// The last transaction, where it is known to have reached the disk.
    private var syncedTransaction: UInt64? { hasSynced && !hasUnsynced ? UInt64(lastTransaction) : nil }

    private var lastTransaction: Int {
        var information = MDB_envinfo()
        mdb_env_info(environment.pointer, &information)
        return information.me_last_txnid
    }

    private func setSyncing(_ isWanted: Bool) {
        guard isSyncing != isWanted else { return }
        // Readers look at other bits of the same word meanwhile, and never at this one.
        mdb_env_set_flags(environment.pointer, UInt32(MDB_NOSYNC), isWanted ? 0 : 1)
        isSyncing = isWanted
    }
}

// MARK: - Failures

extension Committer {
    /// What a body that threw `error` comes to, where `status` is the first write of it that LMDB refused.
    private func failure(_ status: LMDBStatus?, throwing error: StorageError) -> Outcome {
        guard let status else { return .failed(error) }
        if status.rawValue == MDB_MAP_FULL { return .mapIsFull }
        return status.isFromSystem ? failure(status, "writing to \(environment.path)") : .failed(error)
    }

    private func failure(_ status: LMDBStatus, _ action: String) -> Outcome {
        let error = isForWantOfSpace(status) ? StorageError.outOfSpace(environment.path) : status.error(action)
        return isPanicking || hasFailedSync(status) ? poisoned(error) : .failed(error)
    }

    private func poisoned(_ error: StorageError) -> Outcome {
        // The disk is failing; that this fails, too, is no news.
        try? trust?.recordFailedSync()
        return .poisoned(error)
    }

    private var isPanicking: Bool {
        var transaction: OpaquePointer?
        let status = environment.begin(MDB_RDONLY, &transaction)
        mdb_txn_abort(transaction)
        return status.rawValue == MDB_PANIC
    }

    private func hasFailedSync(_ status: LMDBStatus) -> Bool {
        guard status.isFromSystem else { return false }
        #if os(Linux)
        return !file.synchronize()
        #else
        return status.isInputOutput || !file.synchronize()
        #endif
    }

    /// Where a disk fills up in the middle of a write, that write is cut short, and LMDB calls it `EIO`.
    private func isForWantOfSpace(_ status: LMDBStatus) -> Bool {
        status.isInputOutput && file.cannotGrow
    }
}

extension StorageError {
    fileprivate static func outOfSpace(_ path: String) -> StorageError {
        StorageError(
            .full,
            "\(path) cannot grow: the disk, or the limit on file sizes, is exhausted; make room, then write again")
    }
}
