import StorageEngine
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Notices when a store may be older than what it has acknowledged, and records what it takes to notice that.
///
/// Two things make a store older. The machine stops while commits of `.relaxed` durability are in memory only: so before
/// the first such commit, "dirty" is written and synced, and "clean" only when everything is on the disk again. And an
/// older copy takes the store's place: so the record says which file on which machine the data is.
///
/// A crash between two steps leaves a record that doubts too much, never one that doubts too little.
///
/// What it cannot notice: a disk, or a virtual machine, that goes back as a whole.
final class Trust: Sendable {
    private struct Guarded {
        var record: TrustRecord
        /// Whether the store's lock is held: without it, another process may write the record.
        var isHeld = true
    }

    private let file: TrustFile
    private let machine: Machine
    private let guarded: Mutex<Guarded>

    /// Compares the store with its record. Where they differ, everything that its data refers to is checked; so it comes
    /// before LMDB maps the file.
    ///
    /// - Parameters:
    ///   - environment: the path of the current environment in the store's directory.
    ///   - isNew: whether the store is being created.
    /// - Throws: `.corrupt` where the structure is damaged, and whatever reading and writing files throws.
    init(
        examining store: StoreDirectory, _ environment: String, isNew: Bool, _ machine: Machine
    ) throws(StorageError) {
        let path = store.dataPath(of: environment)
        // LMDB takes an empty file for a new one, too; so the file is there before what is recorded of it.
        let data = try FileDescriptor(opening: path, isNew ? O_RDWR | O_CREAT : O_RDONLY)
        let place = try data.place(machine, path: path)
        file = TrustFile(in: store)
        self.machine = machine
        let found = try file.read()
        var record = found?.record ?? TrustRecord(state: .clean, itself: place.file, places: [place])
        var judgement = found.map { $0.record.judge(place, itself: $0.stamp, boot: machine.boot) }
        if isNew, data.byteCount == 0 {
            // What is recorded is of a creation that a crash has cut off.
            record = TrustRecord(state: .clean, itself: place.file, places: [place])
            judgement = .whole
        }
        if judgement == nil { judgement = isNew ? .whole : .doubtful(.copied) }
        if case .doubtful(let doubt) = judgement {
            try Self.check(data, path: path, doubt)
            record = TrustRecord(state: .clean, doubt: doubt, itself: record.itself, places: [place])
        } else if let known = record.place(of: place) {
            record.places = [
                TrustRecord.Place(file: place.file, machine: place.machine, transaction: known.transaction)
            ]
        }
        // A record that says the same as before may be lost again.
        try file.write(&record, isDurable: record.isNews(to: found?.record))
        guarded = Mutex(Guarded(record: record))
    }

    /// Checks data that is doubted, and brings it to the disk: a copy may still be in memory only.
    private static func check(_ data: FileDescriptor, path: String, _ doubt: HistoryDoubt) throws(StorageError) {
        guard data.byteCount > 0 else { return }
        do throws(StructuralFinding) {
            _ = try StructuralCheck.run(data)
        } catch {
            throw .damaged(path, error, doubt)
        }
        guard data.synchronize() else {
            throw StorageError(
                .inputOutput, "\(path) cannot be brought to the disk: \(words(forErrorNumber: errno))")
        }
    }
}

// MARK: - Durability

extension Trust {
    /// What was found when the store was opened, until it is settled.
    var doubt: HistoryDoubt? { guarded.withLock { $0.record.doubt } }

    var isDirty: Bool { guarded.withLock { $0.record.state != .clean } }

    /// To be called before every commit that is not synced; costs something only after "clean".
    ///
    /// - Parameter transaction: the last one, where it is known to have reached the disk.
    func recordDirty(upTo transaction: UInt64?) throws(StorageError) {
        try change { record in
            guard record.state == .clean else { return }
            record.state = .dirty(boot: machine.boot)
            record.raise(to: transaction)
        }
    }

    /// To be called where a sync has failed: the system may have dropped what it could not write, and tells nobody
    /// again. So the next opening doubts what is not known to be on the disk, also while the system goes on running.
    func recordFailedSync() throws(StorageError) {
        try change { record in
            if record.state != .clean { record.state = .dirty(boot: nil) }
        }
    }

    /// To be called when everything that was committed is on the disk.
    func recordClean(upTo transaction: UInt64?) throws(StorageError) {
        try change { record in
            record.state = .clean
            record.raise(to: transaction)
        }
    }

    /// The doubt is recorded elsewhere, or settled: the next opening does not report it.
    func settle() throws(StorageError) {
        try change { record in record.doubt = nil }
    }
}

// MARK: - Replacing the data file

extension Trust {
    /// To be called before the store points to another data file, which has to be complete. The store is trusted with
    /// either from now on, so that a crash around the switch brings up no doubt.
    func willReplaceData(_ current: FileDescriptor, by new: FileDescriptor) throws(StorageError) {
        let stamp = current.stamp
        // A new environment begins with a low transaction.
        let place = TrustRecord.Place(file: new.stamp, machine: machine.fingerprint, transaction: 0)
        try change { record in
            record.places = record.places.filter { $0.file == stamp } + [place]
        }
    }

    /// To be called after the store points to another data file; or does not after all: then with the old one. It only
    /// forgets the other, so nothing is wrong where this fails or is not reached.
    func didReplaceData(by current: FileDescriptor) throws(StorageError) {
        let stamp = current.stamp
        try change { record in
            precondition(record.places.contains { $0.file == stamp }, "\(stamp) is no data file of this store")
            record.places.removeAll { $0.file != stamp }
        }
    }
}

// MARK: - Holding

extension Trust {
    /// The store is open for writing again.
    func hold() { guarded.withLock { $0.isHeld = true } }

    /// The store is about to be let go of.
    func release() { guarded.withLock { $0.isHeld = false } }

    private func change(_ body: (inout TrustRecord) -> Void) throws(StorageError) {
        let result: Result<Void, StorageError> = guarded.withLock { guarded in
            guard guarded.isHeld else { return .failure(.storeLetGo(file.path)) }
            var record = guarded.record
            body(&record)
            guard record != guarded.record else { return .success(()) }
            // Written under the lock: two changes at once would each lose the other.
            return Result { () throws(StorageError) in
                try file.write(&record, isDurable: true)
                guarded.record = record
            }
        }
        try result.get()
    }
}

extension TrustRecord {
    /// The data file never goes back behind `transaction` from now on.
    fileprivate mutating func raise(to transaction: UInt64?) {
        guard let transaction, places.count == 1 else { return }
        places[0].transaction = max(places[0].transaction, transaction)
    }

    /// Whether a crash must not bring back `other`.
    fileprivate func isNews(to other: TrustRecord?) -> Bool {
        guard var other else { return true }
        other.itself = itself
        return self != other
    }
}

extension FileDescriptor {
    /// Where this data file is, and what its last transaction is.
    fileprivate func place(_ machine: Machine, path: String) throws(StorageError) -> TrustRecord.Place {
        do throws(StructuralFinding) {
            let transaction = byteCount == 0 ? 0 : try MetaPage.newest(in: self).transaction
            return TrustRecord.Place(file: stamp, machine: machine.fingerprint, transaction: transaction)
        } catch {
            throw .damaged(path, error)
        }
    }
}

extension StorageError {
    fileprivate static func storeLetGo(_ path: String) -> StorageError {
        StorageError(.closed, "\(path) cannot be written: the store is closed, or suspended")
    }

    fileprivate static func damaged(
        _ path: String, _ finding: StructuralFinding, _ doubt: HistoryDoubt
    ) -> StorageError {
        let error = StorageError.damaged(path, finding)
        let cause =
            switch doubt {
            case .uncleanStop: "The machine stopped before relaxed commits had reached the disk"
            case .copied: "The store is a copy, and may have been taken while it was in use"
            }
        return StorageError(error.code, "\(error.message). (\(cause).)")
    }
}
