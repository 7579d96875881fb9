import Bitfield
import HypercoreStorage
import StorageEngine
import Synchronization

/// The marks of a log: those that are not stored yet, and whether there are to be any.
///
/// Its lock is a leaf: it is taken under a core's lock, and under it nothing but the writer's queue is.
final class MarkKeeper: Sendable {
    /// How many marks, and on how many pages, wait in memory before they are stored.
    static let pendingMarkLimit = 4096
    static let pendingPageLimit = 64

    fileprivate struct State {
        var record: MarkRecord?
        /// The run of marks that was begun last.
        var lastRun: UInt64
        /// Marks that are not handed to the writer.
        var pending = PagedBitfield()
        var pendingCount = 0
    }

    private let core: StoredCore
    private let state: Mutex<State>
    private let active: Atomic<Bool>

    init(_ core: StoredCore, record: MarkRecord?) {
        self.core = core
        state = Mutex(State(record: record, lastRun: record?.run ?? 0))
        active = Atomic(record != nil)
    }

    /// Whether blocks are being marked; this is all that a read costs where they are not.
    var isActive: Bool { active.load(ordering: .relaxed) }

    /// The run of marks that is under way.
    var record: MarkRecord? { state.withLock { $0.record } }
}

// MARK: - Marking

extension MarkKeeper {
    /// Marks blocks, in memory.
    ///
    /// - Returns: whether so many have gathered that they should be stored.
    func mark(_ range: Range<UInt64>) -> Bool {
        state.withLock { state in
            guard let record = state.record else { return false }
            // What lies further on counts as marked.
            let range = range.clamped(to: 0..<record.length)
            guard !range.isEmpty else { return false }
            if range.count > 1 || !state.pending[range.lowerBound] {
                state.pending.set(range)
                state.pendingCount += range.count
            }
            return state.pendingCount >= Self.pendingMarkLimit || state.pending.segmentCount >= Self.pendingPageLimit
        }
    }

    /// Hands what was marked to the writer, a bounded number of pages.
    ///
    /// Where there is nothing to store the set writes nothing; its commit says all the same that those before it ended.
    ///
    /// - Returns: the commit, and whether something is left; `nil` where marking has ended.
    // Inlined into the loop of a coroutine, it makes the optimiser of Swift 6.3.1 crash (correlated value propagation).
    @inline(never)
    func flush(through writer: GroupWriter) -> (commit: CommitTicket, isAll: Bool)? {
        state.withLock { state -> (commit: CommitTicket, isAll: Bool)? in
            guard let run = state.record?.run else { return nil }
            let pages = state.takePages(limit: Self.pendingPageLimit)
            // Under the lock, so that nobody who flushes later is done earlier.
            let commit = writer.enqueue(core.writeSet(addingMarks: pages, run: run)) { [self] outcome in
                if case .failure(let error) = outcome, error.code != .conflict { putBack(pages, run: run) }
            }
            return (commit, state.pending.isEmpty)
        }
    }

    private func putBack(_ pages: [(index: UInt64, page: BitfieldPage)], run: UInt64) {
        state.withLock { state in
            guard state.record?.run == run else { return }
            for (index, page) in pages {
                var page = page
                page.formUnion(state.pending.page(at: index))
                state.pending.setPage(page, at: index)
            }
        }
    }

    /// The marks of a page that are not handed to the writer.
    func pendingPage(at index: UInt64) -> BitfieldPage { state.withLock { $0.pending.page(at: index) } }
}

extension MarkKeeper.State {
    /// Takes out the first pages of what waits.
    fileprivate mutating func takePages(limit: Int) -> [(index: UInt64, page: BitfieldPage)] {
        var pages: [(index: UInt64, page: BitfieldPage)] = []
        while pages.count < limit, let first = pending.firstSet(in: 0..<PagedBitfield.maximumLength) {
            let index = first / UInt64(BitfieldPage.bitCount)
            pages.append((index, pending.page(at: index)))
            pending.setPage(.empty, at: index)
        }
        pendingCount = 0
        return pages
    }
}

// MARK: - Beginning and ending

extension MarkKeeper {
    /// Begins a run of a log of `length` blocks; what was marked before counts no more.
    ///
    /// - Returns: its commit. Should that fail, there are no marks.
    func begin(length: UInt64, through writer: GroupWriter) -> CommitTicket {
        state.withLock { state in
            state.lastRun += 1
            let record = MarkRecord(run: state.lastRun, length: length)
            turn(to: record, in: &state)
            return writer.enqueue(core.writeSet(beginningMarks: record)) { [self] outcome in
                if case .failure = outcome { forget(record.run) }
            }
        }
    }

    /// Ends a run.
    ///
    /// - Returns: the commit with which it ends; `nil` where another has begun.
    func end(_ run: UInt64, through writer: GroupWriter) -> CommitTicket? {
        state.withLock { state in
            guard state.record?.run == run else { return nil }
            return writer.enqueue(core.writeSet(endingMarks: run)) { [self] outcome in
                if case .success = outcome { forget(run) }
            }
        }
    }

    private func forget(_ run: UInt64) {
        state.withLock { state in
            if state.record?.run == run { turn(to: nil, in: &state) }
        }
    }

    private func turn(to record: MarkRecord?, in state: inout State) {
        state.record = record
        state.pending = PagedBitfield()
        state.pendingCount = 0
        active.store(record != nil, ordering: .relaxed)
    }

    /// The log is cut at `length`, so what comes in place of what was cut counts as marked.
    ///
    /// It stays so where the truncation comes to nothing: fewer blocks are swept then, and none that was not to be.
    ///
    /// - Returns: what is to be stored with the truncation; `nil` where that is nothing.
    func cut(at length: UInt64) -> MarkRecord? {
        state.withLock { state in
            guard let record = state.record, length < record.length else { return nil }
            state.record?.length = length
            state.pending.truncate(to: length)
            return state.record
        }
    }
}
