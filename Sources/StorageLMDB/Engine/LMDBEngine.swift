import CCorestoreLMDB
public import StorageEngine
import Synchronization

/// The default engine: an LMDB environment in a directory.
///
/// ```swift
/// let engine = try LMDBEngine.open(at: "/var/lib/app/store", tables: schema)
/// let writer = GroupWriter(engine, durability: .full)
/// ```
///
/// Its rules, and what comes of breaking them:
///
/// - **One instance a directory and process.** A second `open` throws `.inUse`. Share the instance.
/// - **One process writes.** Others may open the store `.readOnly` beside it. A second writer gets `.inUse`, with the
///   process id of the first.
/// - **Not across `fork`.** A child that goes on with its parent's instance gets `.closed`.
/// - **Keep snapshots short.** While one is open, no page that it sees is used again, and the file grows instead.
/// - **Do not write inside a read.** It is a programmer's error: the map could not grow, since it waits for that read.
/// - **Local disks only.** Neither the map nor the locks are safe on network file systems.
///
/// Address space for a terabyte is reserved when the store is opened; disk is used as needed. Where less was reserved
/// and the file outgrows that, the write waits for a moment without open snapshots, maps the file anew, and runs again.
public final class LMDBEngine: StorageEngine {
    /// LMDB copes with more, but keeps every page that a transaction touches in memory until it is committed.
    public let maximumTransactionByteCount = 128 << 20

    /// 511 bytes in LMDB as it is built everywhere.
    public var maximumKeyLength: Int { environment.maximumKeyLength }

    /// What holds the store for this process.
    struct Hold: Sendable {
        let entry: OpenStores.Entry
        let lock: WriterLock?
    }

    private struct State {
        var hold: Hold?
        /// `nil` while a thread writes.
        var committer: Committer?
        /// Why nothing can be written any more.
        var refusal: StorageError?
        var isClosing = false
    }

    let environment: Environment
    let readers: ReaderPool
    let file: FileDescriptor
    let trust: Trust?
    private let isReadOnly: Bool
    private let forkCount: Int
    private let state: Mutex<State>

    init(_ opened: consuming EnvironmentOpener.Opened, _ hold: Hold, isReadOnly: Bool, forkCount: Int) {
        environment = opened.environment
        file = opened.file
        trust = opened.trust
        readers = ReaderPool(opened.environment)
        self.isReadOnly = isReadOnly
        self.forkCount = forkCount
        state = Mutex(State(hold: hold, committer: Committer(opened)))
    }

    deinit {
        // Whoever wants to know whether the last sync worked calls `close`.
        try? close()
    }
}

// MARK: - Reading

extension LMDBEngine {
    /// Runs `body` with a consistent view of all tables, on the caller's thread.
    public func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        if let outer = NestedReads.view(of: self) {
            // Only the last line enters views for this engine; a checked cast would cost as much as the rest.
            return body(Snapshot(unsafeDowncast(outer, to: ReadView.self)))
        }
        try checkProcess()
        let view = try readers.checkOut()
        defer { readers.checkIn(view) }
        NestedReads.enter(self, view: view) { body(Snapshot(view)) }
    }

    func checkProcess() throws(StorageError) {
        guard ForkCount.current == forkCount else { throw .openedBeforeFork(environment.path) }
    }
}

// MARK: - Writing

extension LMDBEngine {
    /// Runs `body` in the one write transaction and commits what it did; see ``StorageEngine/write(durability:_:)``.
    public func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        precondition(NestedReads.view(of: self) == nil, "a write inside a read of the same store: \(environment.path)")
        try withCommitter { (committer) throws(StorageError) in
            while true {
                let outcome = committer.run(durability, body)
                guard case .mapIsFull = outcome else { return outcome }
                try readers.resizeMap(to: try largerMapByteCount())
            }
        }
    }

    /// Brings everything that was committed to the disk.
    public func sync() throws(StorageError) {
        try withCommitter { committer in committer.sync() }
    }

    private func largerMapByteCount() throws(StorageError) -> Int {
        let (doubled, overflow) = environment.mapByteCount.multipliedReportingOverflow(by: 2)
        guard !overflow else { throw StorageError(.full, "\(environment.path) fills the whole address space") }
        return doubled
    }

    private func withCommitter(
        _ body: (Committer) throws(StorageError) -> Committer.Outcome
    ) throws(StorageError) {
        let committer = try takeCommitter()
        var poison: StorageError?
        defer {
            state.withLock { state in
                state.committer = committer
                state.refusal = state.refusal ?? poison.map { .poisoned(environment.path, by: $0) }
            }
        }
        switch try body(committer) {
        case .committed: break
        case .mapIsFull: preconditionFailure("a full map was not resized")
        case .failed(let error): throw error
        case .poisoned(let error):
            poison = error
            throw error
        }
    }

    private func takeCommitter() throws(StorageError) -> Committer {
        try checkProcess()
        if isReadOnly { throw .openedReadOnly(environment.path) }
        let taken: Result<Committer, StorageError> = state.withLock { state in
            if let refusal = state.refusal { return .failure(refusal) }
            guard let committer = state.committer else {
                preconditionFailure("two threads write to \(environment.path) at once")
            }
            state.committer = nil
            return .success(committer)
        }
        return try taken.get()
    }
}

// MARK: - Closing

extension LMDBEngine {
    /// Waits for reads and a write under way, syncs, and lets go of the files. Closing again does nothing.
    ///
    /// - Throws: `.inputOutput` where the sync failed; the engine is closed all the same.
    public func close() throws(StorageError) {
        precondition(NestedReads.view(of: self) == nil, "a store is closed inside a read of it: \(environment.path)")
        // A child shares the files with its parent, and with them the locks and reader slots: it touches nothing.
        guard ForkCount.current == forkCount, let (committer, isPoisoned) = takeForClosing() else { return }
        var outcome = Committer.Outcome.committed
        if !isReadOnly { outcome = committer.finish(isPoisoned: isPoisoned) }
        readers.close(.engineClosed(environment.path))
        mdb_env_close(environment.pointer)
        state.withLock { $0.hold = nil }
        if case .poisoned(let error) = outcome { throw error }
    }

    /// Refuses further writes and waits for the one under way; `nil` for everyone but the first.
    private func takeForClosing() -> (Committer, isPoisoned: Bool)? {
        let isPoisoned: Bool? = state.withLock { state in
            if state.isClosing { return nil }
            state.isClosing = true
            defer { state.refusal = .engineClosed(environment.path) }
            return state.refusal != nil
        }
        guard let isPoisoned else { return nil }
        while true {
            if let committer = state.withLock({ $0.committer }) { return (committer, isPoisoned) }
            pause(microseconds: 200)
        }
    }
}

extension StorageError {
    fileprivate static func engineClosed(_ path: String) -> StorageError {
        StorageError(.closed, "\(path) is closed; open the store again to use it")
    }

    fileprivate static func openedReadOnly(_ path: String) -> StorageError {
        StorageError(.readOnly, "\(path) was opened read-only; open it for reading and writing to write")
    }

    fileprivate static func openedBeforeFork(_ path: String) -> StorageError {
        StorageError(.closed, "\(path) was opened before this process was forked off its parent; open it again here")
    }

    fileprivate static func poisoned(_ path: String, by error: StorageError) -> StorageError {
        StorageError(
            .poisoned,
            "\(path) takes no more writes, because what is on the disk is unknown since this failure: "
                + "\(error.message); close the store and open it again")
    }
}
