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
///   The same goes for closing, suspending, compacting and copying.
/// - **Local disks only.** Neither the map nor the locks are safe on network file systems.
///
/// Address space for a terabyte is reserved when the store is opened; disk is used as needed. Where less was reserved
/// and the file outgrows that, the write waits for a moment without open snapshots, maps the file anew, and runs again.
public final class LMDBEngine: StorageEngine {
    /// LMDB copes with more, but keeps every page that a transaction touches in memory until it is committed.
    public let maximumTransactionByteCount = 128 << 20

    /// 511 bytes in LMDB as it is built everywhere.
    public let maximumKeyLength: Int

    /// What holds the store for this process.
    struct Hold: Sendable {
        let directory: StoreDirectory
        let entry: OpenStores.Entry
        let lock: WriterLock?
    }

    enum Phase {
        case open
        case suspended
        case closed
    }

    struct State {
        var phase = Phase.open
        /// `nil` while the engine is suspended, and when it is closed.
        var hold: Hold?
        /// As ``hold``.
        var attachment: Attachment?
        /// What ``resume()`` must find again; `nil` while there is an attachment.
        var departure: Departure?
        var right = WritingRight()
        /// Why nothing can be written any more, though the engine is open.
        var poison: StorageError?
    }

    /// The store's directory, for messages.
    let path: String
    let tables: [Table]
    let options: LMDBOptions
    let readers: ReaderPool
    let trust: Trust?
    private let forkCount: Int
    let state: Mutex<State>

    init(_ attachment: Attachment, _ hold: Hold, tables: [Table], options: LMDBOptions, forkCount: Int) {
        path = hold.directory.path
        maximumKeyLength = attachment.environment.maximumKeyLength
        readers = ReaderPool(attachment.environment)
        trust = attachment.committer.trust
        self.tables = tables
        self.options = options
        self.forkCount = forkCount
        state = Mutex(State(hold: hold, attachment: attachment))
    }

    deinit {
        // Whoever wants to know whether the last sync worked calls `close`.
        try? close()
    }
}

extension LMDBEngine {
    var isReadOnly: Bool { options.access == .readOnly }

    /// The environment that is read at present.
    var environment: Environment { readers.environment }

    /// The file of the environment that is read at present. To be asked for in a read only.
    var file: FileDescriptor {
        guard let file = state.withLock({ $0.attachment?.file }) else { preconditionFailure("\(path) is not open") }
        return file
    }

    func checkProcess() throws(StorageError) {
        guard ForkCount.current == forkCount else { throw .openedBeforeFork(path) }
    }

    /// Whether this is the process that opened the engine, or has come to it by `fork`.
    private var isInItsProcess: Bool { ForkCount.current == forkCount }
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
}

// MARK: - Writing

extension LMDBEngine {
    /// Runs `body` in the one write transaction and commits what it did; see `StorageEngine`.
    public func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        checkNotReading("write")
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

    func checkNotReading(_ action: String) {
        precondition(NestedReads.view(of: self) == nil, "\(action) inside a read of the same store: \(path)")
    }

    private func largerMapByteCount() throws(StorageError) -> Int {
        let (doubled, overflow) = environment.mapByteCount.multipliedReportingOverflow(by: 2)
        guard !overflow else { throw StorageError(.full, "\(path) fills the whole address space") }
        return doubled
    }

    private func withCommitter(
        _ body: (Committer) throws(StorageError) -> Committer.Outcome
    ) throws(StorageError) {
        let committer = try beginWriting()
        var poison: StorageError?
        defer {
            state.withLock { state in
                state.right.endWriting()
                if let poison { state.poison(by: poison, path) }
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

    /// Takes the right to write, as soon as nobody keeps house.
    private func beginWriting() throws(StorageError) -> Committer {
        try checkProcess()
        if isReadOnly { throw .openedReadOnly(path) }
        while true {
            let turn: Result<Committer?, StorageError> = state.withLock { state in
                if let refusal = state.refusal(path) { return .failure(refusal) }
                guard state.right.beginWriting() else { return .success(nil) }
                return .success(state.attachment?.committer)
            }
            if let committer = try turn.get() { return committer }
            pause(microseconds: 500)
        }
    }
}

// MARK: - Closing

extension LMDBEngine {
    /// Waits for reads and a write under way, syncs, and lets go of the files. A copy or compaction under way is given
    /// up. Closing again does nothing.
    ///
    /// - Throws: `.inputOutput` where the sync failed; the engine is closed all the same.
    public func close() throws(StorageError) {
        checkNotReading("closing")
        // A child shares the files with its parent, and with them the locks and reader slots: it touches nothing.
        guard isInItsProcess else { return }
        enter(.closed)
        try keepHouse { () throws(StorageError) in try detach() }
    }
}

extension LMDBEngine.State {
    /// Why nothing can be written, if that is so.
    func refusal(_ path: String) -> StorageError? {
        switch phase {
        case .open: poison
        case .suspended: .engineSuspended(path)
        case .closed: .engineClosed(path)
        }
    }

    /// Nothing is written any more because of `error`.
    mutating func poison(by error: StorageError, _ path: String) {
        poison = poison ?? .poisoned(path, by: error)
    }
}
