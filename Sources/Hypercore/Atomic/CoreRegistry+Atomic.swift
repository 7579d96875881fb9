import HypercoreStorage
import StorageEngine
import Synchronization

extension CoreRegistry {
    /// Makes changes to any number of logs, all or nothing, in one commit.
    ///
    /// `body` runs once. What it throws ends the batch, and nothing of it happens.
    ///
    /// - Throws: what `body` throws; `HypercoreError`: `.conflict` where one of the logs, also one that was only read,
    ///   was changed by somebody else meanwhile, `.closed`, `.storage`; `CancellationError` before anything was queued.
    public func atomically<Value>(_ body: (AtomicBatch) async throws -> Value) async throws -> Value {
        let batch = AtomicBatch(self)
        let value: Value
        do {
            value = try await body(batch)
        } catch {
            batch.cancel()
            throw error
        }
        if let change = batch.close() { try await commit(change) }
        return value
    }

    /// Begins a batch that is committed, or cancelled, by whoever holds it; see ``AtomicBatch/commit()``.
    ///
    /// - Throws: `.closed`.
    public func beginBatch() throws(HypercoreError) -> AtomicBatch {
        guard !state.withLock({ $0.isClosed }) else {
            throw HypercoreError(.closed, key: nil, "the store is closed")
        }
        return AtomicBatch(self)
    }

    /// Makes the changes of a batch that was closed.
    fileprivate func commit(_ change: (parts: [AtomicBatch.Part], byteCount: Int)) async throws {
        guard let writer = directory.writer, change.parts.contains(where: \.draft.changesAnything) else { return }
        do {
            let room = try await writer.room(for: change.byteCount)
            let ticket = try StagedBatch(change.parts).enqueue(in: room, through: writer)
            try await writer.commit(ticket)
        } catch {
            throw HypercoreError.translating(error, key: nil)
        }
    }
}

// MARK: - Without a closure

extension AtomicBatch {
    /// Makes the changes of the batch, all or nothing, in one commit. The batch ends, whether it goes well or not.
    ///
    /// - Throws: `HypercoreError`: `.closed` where the batch has ended already; `.conflict` where one of the logs, also one
    ///   that was only read, was changed by somebody else meanwhile: make the batch again; `.storage`;
    ///   `CancellationError` before anything was queued.
    public func commit() async throws {
        guard let change = close() else {
            throw HypercoreError(.closed, key: nil, "the batch has ended: it was committed or cancelled")
        }
        try await registry.commit(change)
    }

    /// Ends the batch with nothing of it done. Does nothing where it has ended.
    public func cancel() {
        _ = close()
    }
}

/// The parts of a batch on their way into one write set.
private struct StagedBatch {
    private let parts: [AtomicBatch.Part]
    private var set = WriteSet()
    private var changes: [(Core, StagedChange)] = []

    init(_ parts: [AtomicBatch.Part]) {
        self.parts = parts
    }

    /// Stages every part and queues them together, or throws before anything was staged.
    ///
    /// All cores are locked meanwhile, one inside the other in the order of their numbers, so that no other change comes
    /// between the parts of this one in any of them.
    consuming func enqueue(in room: GroupWriter.Room, through writer: GroupWriter) throws -> CommitTicket {
        try enqueue(parts[...], in: room, through: writer)
    }

    private mutating func enqueue(
        _ rest: ArraySlice<AtomicBatch.Part>, in room: GroupWriter.Room, through writer: GroupWriter
    ) throws -> CommitTicket {
        guard let part = rest.first else {
            return writer.enqueue(set, in: room) { [changes] outcome in
                for (core, change) in changes { core.finish(change, outcome) }
            }
        }
        let core = part.core
        return try core.state.withLock { state in
            try core.requireChangeable(state)
            guard part.draft.base == state.staged else { throw HypercoreError.movedUnderneath(core.key) }
            let composed = try core.compose(part.draft, in: state, into: set)
            set = composed.set
            changes.append((core, composed.change))
            let ticket = try enqueue(rest.dropFirst(), in: room, through: writer)
            core.advance(&state, to: part.draft, composed.change)
            return ticket
        }
    }
}
