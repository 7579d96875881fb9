import Synchronization

/// What a ``GroupWriter``'s lock guards: the queue, who applies it, and who waits for room in it.
///
/// Exactly one thread owns the engine while there is work: either a caller's or the writer thread. Only the owner calls
/// ``next(roundsLeft:)`` and ``finish(_:adding:)``, and it gives up ownership only under the lock and when the queue is
/// empty, so nothing that is queued is ever left without somebody to apply it.
struct GroupQueue {
    /// One thing in the queue, and what becomes of it. A class, because it goes through many hands, and a write set is many
    /// references.
    final class Entry: Sendable {
        enum Work: Sendable {
            /// A write set to be applied.
            indirect case set(WriteSet)
            /// A set that was refused when it was queued. It keeps its place, so that completions keep their order.
            case refused(StorageError)
            /// Everything before it is to be brought to the disk.
            case sync
            /// Nothing: whoever waits for it learns that everything before it is done.
            case barrier
            /// Something to be done with the engine while nothing is written, and what the queue does after it.
            case alone(@Sendable () throws(StorageError) -> Void, Sequel)
        }

        /// What the queue does after something that was done alone, unless that failed.
        enum Sequel: Sendable {
            case goOn
            /// It takes what comes, and applies nothing, until it is released.
            case hold
            case release
        }

        let work: Work
        /// The bytes that it occupies in the queue until it is done.
        let byteCount: Int
        let completion: (@Sendable (Result<CommitReceipt, StorageError>) -> Void)?
        private let outcome = Mutex(Outcome())

        init(
            _ work: Work, byteCount: Int, completion: (@Sendable (Result<CommitReceipt, StorageError>) -> Void)? = nil
        ) {
            self.work = work
            self.byteCount = byteCount
            self.completion = completion
        }
    }

    private enum Owner {
        case nobody
        case callersThread
        case writerThread
    }

    /// What somebody who wants the queue applied does.
    enum Claim {
        /// Nothing: the queue is empty, or has an owner.
        case none
        /// Owns the engine: applies the queue on this thread.
        case drain
        /// Starts the writer thread, which owns the engine.
        case startThread
    }

    /// What the owner does next.
    enum Step {
        /// Lets these queue what has gathered with them.
        case ask([any WriteContributor])
        case apply([Entry])
        /// The rest is for the writer thread, which owns the engine from now on: start it.
        case startThread
        /// Nothing: the queue is empty, and the engine nobody's.
        case rest
    }

    private let transactionByteLimit: Int
    private var entries: [Entry] = []
    /// Who is to be asked before the next group.
    var contributors: [any WriteContributor] = []
    private var owner = Owner.nobody

    var rooms: RoomLine
    private(set) var statistics = GroupWriterStatistics()
    /// Set by the first `close`: what it and later ones wait for.
    private(set) var closing: CommitTicket?
    /// Whether entries wait to be released.
    private var isHeld = false

    init(byteLimit: Int, transactionByteLimit: Int) {
        self.transactionByteLimit = transactionByteLimit
        rooms = RoomLine(byteLimit: byteLimit)
    }
}

// MARK: - Outcomes

extension GroupQueue.Entry {
    /// What became of it, and who waits to hear of it.
    private struct Outcome {
        var result: Result<CommitReceipt, StorageError>?
        var waiters: [CheckedContinuation<Result<CommitReceipt, StorageError>, Never>] = []
        var observer: (@Sendable (Result<CommitReceipt, StorageError>) -> Void)?
    }

    /// The result, once there is one.
    var result: Result<CommitReceipt, StorageError>? { outcome.withLock { $0.result } }

    /// Suspends until there is a result.
    func wait() async -> Result<CommitReceipt, StorageError> {
        await withCheckedContinuation { continuation in
            let settled = outcome.withLock { outcome in
                if outcome.result == nil { outcome.waiters.append(continuation) }
                return outcome.result
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }

    /// Calls `body` with the result, once there is one.
    func whenSettled(_ body: @escaping @Sendable (Result<CommitReceipt, StorageError>) -> Void) {
        let settled = outcome.withLock { outcome in
            precondition(outcome.observer == nil, "a write set is observed twice")
            if outcome.result == nil { outcome.observer = body }
            return outcome.result
        }
        if let settled { body(settled) }
    }

    /// Sets the result, once, and resumes those who wait for it.
    func settle(_ result: Result<CommitReceipt, StorageError>) {
        let (waiters, observer) = outcome.withLock { outcome in
            precondition(outcome.result == nil, "a write set was settled twice: \(result)")
            outcome.result = result
            defer { (outcome.waiters, outcome.observer) = ([], nil) }
            return (outcome.waiters, outcome.observer)
        }
        observer?(result)
        for waiter in waiters { waiter.resume(returning: result) }
    }
}

// MARK: - Queueing

extension GroupQueue {
    /// Queues `work`, or its refusal where the queue is closed.
    mutating func append(
        _ work: Entry.Work, byteCount: Int,
        completion: (@Sendable (Result<CommitReceipt, StorageError>) -> Void)?
    ) -> CommitTicket {
        let accepted = closing == nil ? work : .refused(.writerClosed)
        let entry = Entry(accepted, byteCount: byteCount, completion: completion)
        entries.append(entry)
        return CommitTicket(entry: entry)
    }

    /// Puts what releases a held queue before everything else.
    mutating func prependRelease(_ body: @escaping @Sendable () throws(StorageError) -> Void) -> CommitTicket {
        let work: Entry.Work = closing == nil ? .alone(body, .release) : .refused(.writerClosed)
        let entry = Entry(work, byteCount: 0)
        entries.insert(entry, at: 0)
        return CommitTicket(entry: entry)
    }

    /// Takes over what follows something that was done alone.
    mutating func apply(_ sequel: Entry.Sequel) {
        switch sequel {
        case .goOn: break
        // A queue that is closed applies what is left, and then nothing.
        case .hold: isHeld = closing == nil
        case .release: isHeld = false
        }
    }

    /// Queues the barrier that ends the queue; everything that comes later is refused.
    mutating func close() -> CommitTicket {
        if let closing { return closing }
        isHeld = false
        let ticket = append(.barrier, byteCount: 0, completion: nil)
        closing = ticket
        return ticket
    }
}

// MARK: - Ownership

extension GroupQueue {
    /// Takes ownership for a caller's thread or the writer thread, where there is something to do and no owner.
    mutating func claim(onCallersThread: Bool) -> Claim {
        guard owner == .nobody, hasWork else { return .none }
        owner = onCallersThread ? .callersThread : .writerThread
        return onCallersThread ? .drain : .startThread
    }

    /// Takes the next group out of the queue, or gives up ownership.
    ///
    /// - Parameters:
    ///   - roundsLeft: how many groups a caller's thread may still apply before the rest is left to the writer thread; the
    ///     writer thread takes any number.
    ///   - hasAsked: whether the group was asked for already. Who is to be asked since then waits for the next one, unless
    ///     there is nothing else to do.
    mutating func next(roundsLeft: Int, hasAsked: Bool) -> Step {
        guard hasWork else {
            owner = .nobody
            return .rest
        }
        if owner == .callersThread, roundsLeft <= 0 || nextEntry?.work.blocks == true {
            owner = .writerThread
            return .startThread
        }
        if !contributors.isEmpty, !isHeld, !hasAsked || entries.isEmpty {
            defer { contributors = [] }
            return .ask(contributors)
        }
        return .apply(takeGroup())
    }

    private var hasWork: Bool { nextEntry != nil || (!contributors.isEmpty && !isHeld) }

    /// The first entry, if it is its turn.
    private var nextEntry: Entry? {
        guard let first = entries.first, !isHeld || first.work.releases else { return nil }
        return first
    }

    /// As many entries from the front as go into one transaction: at least one.
    private mutating func takeGroup() -> [Entry] {
        var byteCount = 0
        var count = 0
        for entry in entries {
            if owner == .callersThread, entry.work.blocks { break }
            if entry.work.isAlone {
                count = max(count, 1)
                break
            }
            byteCount += entry.byteCount
            if count > 0, byteCount > transactionByteLimit { break }
            count += 1
        }
        var group: [Entry] = []
        if count == entries.count {
            swap(&group, &entries)
        } else {
            group = Array(entries[..<count])
            entries.removeFirst(count)
        }
        return group
    }

    /// Notes that a group is done. Returns the number of the last transaction, and those who have got room by it.
    mutating func finish(
        _ group: [Entry], adding counts: GroupWriterStatistics
    ) -> (receipt: CommitReceipt, admitted: [CheckedContinuation<Void, any Error>]) {
        statistics.add(counts)
        let admitted = rooms.release(group.reduce(0) { $0 + $1.byteCount })
        return (CommitReceipt(transaction: statistics.transactions), admitted)
    }
}

extension GroupQueue.Entry.Work {
    var isSet: Bool {
        if case .set = self { return true }
        return false
    }

    /// Whether this does nothing but wait for the disk.
    var isSync: Bool {
        if case .sync = self { return true }
        return false
    }

    /// Whether this must be the only entry of its group.
    var isAlone: Bool {
        if case .alone = self { return true }
        return false
    }

    /// Whether this may take long, and so belongs on the writer thread.
    var blocks: Bool { isSync || isAlone }

    /// Whether this lets a held queue go on.
    var releases: Bool {
        if case .alone(_, .release) = self { return true }
        return false
    }
}

extension StorageError {
    static let writerClosed = StorageError(.closed, "the store's writer is closed; open the store again to write to it")
}
