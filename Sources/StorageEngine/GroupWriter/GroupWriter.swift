import Synchronization

/// Gathers write sets and applies whatever has gathered in one transaction, and with `.full` durability one sync.
///
/// A slow disk makes bigger groups, and an idle one small ones: nothing waits for a timer. Sets are applied in the
/// order in which they were queued. Each is applied whole or refused alone (see ``WriteSet``).
///
/// ```swift
/// let writer = GroupWriter(engine, durability: .full)
/// try await writer.commit(set)  // waits for room, queues, commits
/// ```
///
/// Whoever queues under a lock of its own takes the three steps one by one:
///
/// ```swift
/// let room = try await writer.room(for: byteCount)  // before the lock
/// let ticket = lock.withLock { … writer.enqueue(set, in: room) … }
/// try await writer.commit(ticket)  // after the lock; or writer.drive(), where nobody waits
/// ```
///
/// **Threads.** With `.relaxed` the thread that finds the engine free applies the queue itself, so a write that nobody
/// competes with never changes threads; after ``maximumInlineGroups`` groups it leaves the rest to the writer thread.
/// With `.full`, and for ``flush()``, the writer thread does it, because a sync blocks for as long as the disk takes.
/// That thread is created when it is first needed and ends on ``close()``.
///
/// **Failures.** Where a transaction fails, every set of its group fails with that error, and later groups go on;
/// whether the engine still takes any is the engine's to say (`.poisoned`).
public final class GroupWriter: Sendable {
    /// How many groups in a row a caller's thread applies before the writer thread takes over.
    public static let maximumInlineGroups = 8

    /// Where the sets are applied.
    public let engine: any StorageEngine
    /// What an acknowledged set survives.
    public let durability: Durability
    /// How many bytes of keys and values may wait in the queue before ``room(for:)`` makes callers wait.
    public let maximumQueuedByteCount: Int

    let queue: Mutex<GroupQueue>
    let thread = WriterThread()
    let waiterIDs = Atomic<UInt64>(0)

    /// Creates a writer; it must be the only one that writes to `engine`.
    public init(_ engine: any StorageEngine, durability: Durability, maximumQueuedByteCount: Int = 64 << 20) {
        precondition(maximumQueuedByteCount > 0, "a queue of \(maximumQueuedByteCount) bytes takes nothing")
        self.engine = engine
        self.durability = durability
        self.maximumQueuedByteCount = maximumQueuedByteCount
        queue = Mutex(
            GroupQueue(
                byteLimit: maximumQueuedByteCount, transactionByteLimit: engine.maximumTransactionByteCount))
    }

    deinit {
        thread.stop()
    }

    /// What the writer has done so far.
    public var statistics: GroupWriterStatistics { queue.withLock { $0.statistics } }

    /// Bytes that are queued, being applied, or promised by ``room(for:)``.
    public var queuedByteCount: Int { queue.withLock { $0.rooms.occupied } }
}

// MARK: - Committing

extension GroupWriter {
    /// Waits for room, queues `set` and returns when it is committed.
    ///
    /// - Throws: `CancellationError` while it waits for room; once the set is queued it is committed whether the task
    ///   is cancelled or not. A ``StorageError`` otherwise: `.conflict`, `.tooLarge`, `.invalidArgument`, `.closed`,
    ///   and what the engine or a seal throws.
    @discardableResult
    public func commit(_ set: WriteSet) async throws -> CommitReceipt {
        try await takeRoom(for: set.byteCount)
        let ticket = enqueue(set, alreadyOccupying: set.byteCount, completion: nil)
        return try await commit(ticket)
    }

    /// Returns when the set of `ticket` is committed, after applying the queue where nobody else does.
    ///
    /// The result is that of the set, whether or not the waiting task is cancelled.
    @discardableResult
    public func commit(_ ticket: CommitTicket) async throws(StorageError) -> CommitReceipt {
        if let result = ticket.entry.result { return try result.get() }
        drive()
        if let result = ticket.entry.result { return try result.get() }
        return try await ticket.entry.wait().get()
    }

    /// Returns when everything that was queued before is committed and on the disk.
    public func flush() async throws(StorageError) {
        let ticket = queue.withLock { $0.append(.sync, byteCount: 0, completion: nil) }
        try await commit(ticket)
    }

    /// Refuses further sets with `.closed` and returns when what was queued before is committed. Closing again does
    /// nothing but wait. The engine stays open.
    public func close() async {
        let (ticket, dismissed) = queue.withLock { ($0.close(), $0.rooms.dismiss()) }
        for waiter in dismissed { waiter.resume(throwing: StorageError.writerClosed) }
        drive()
        _ = await ticket.entry.wait()
        thread.stop()
    }
}

// MARK: - Queueing

extension GroupWriter {
    /// Queues `set`. It neither blocks nor commits nor calls anything, so it may be called under a lock.
    ///
    /// Call ``commit(_:)-(CommitTicket)`` or ``drive()`` afterwards, outside all locks.
    ///
    /// - Parameters:
    ///   - set: what to write. Where it can never be applied (closed writer, too large, a key that is empty or too
    ///     long), its ticket and completion say so when its turn comes.
    ///   - room: from ``room(for:)``; without it the set is queued even above the bound.
    ///   - completion: called once, on the thread that commits, outside all locks, in the order of the queue. Keep it
    ///     short: the next group waits for it. It may enqueue.
    public func enqueue(
        _ set: WriteSet, in room: Room? = nil,
        completion: (@Sendable (Result<CommitReceipt, StorageError>) -> Void)? = nil
    ) -> CommitTicket {
        enqueue(set, alreadyOccupying: room?.take(in: self) ?? 0, completion: completion)
    }

    /// Queues a set that several callers have taken room for; see ``enqueue(_:in:completion:)``.
    public func enqueue(
        _ set: WriteSet, inRooms rooms: [Room],
        completion: (@Sendable (Result<CommitReceipt, StorageError>) -> Void)? = nil
    ) -> CommitTicket {
        enqueue(set, alreadyOccupying: rooms.reduce(0) { $0 + $1.take(in: self) }, completion: completion)
    }

    func enqueue(
        _ set: WriteSet, alreadyOccupying taken: Int,
        completion: (@Sendable (Result<CommitReceipt, StorageError>) -> Void)?
    ) -> CommitTicket {
        let work = refusal(of: set).map(GroupQueue.Entry.Work.refused) ?? .set(set)
        let (ticket, admitted) = queue.withLock { queue in
            let admitted = queue.rooms.exchange(taken, for: set.byteCount)
            return (queue.append(work, byteCount: set.byteCount, completion: completion), admitted)
        }
        for waiter in admitted { waiter.resume() }
        return ticket
    }

    /// Why `set` can never be applied. Left to the engine, it would fail the whole group.
    private func refusal(of set: WriteSet) -> StorageError? {
        if let lengths = set.keyLengths, lengths.lowerBound < 1 || lengths.upperBound > engine.maximumKeyLength {
            return StorageError(
                .invalidArgument,
                "keys are 1 to \(engine.maximumKeyLength) bytes; a write has some of \(lengths.lowerBound) to "
                    + "\(lengths.upperBound)")
        }
        return refusal(ofByteCount: set.byteCount)
    }

    func refusal(ofByteCount byteCount: Int) -> StorageError? {
        guard byteCount > engine.maximumTransactionByteCount else { return nil }
        return StorageError(
            .tooLarge,
            "a write of \(byteCount) bytes is more than the \(engine.maximumTransactionByteCount) bytes that fit into "
                + "one transaction; split it into several")
    }
}
