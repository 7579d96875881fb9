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
            _ = batch.close()
            throw error
        }
        let (parts, byteCount) = batch.close()
        guard let writer = directory.writer, parts.contains(where: \.draft.changesAnything) else { return value }
        do {
            let room = try await writer.room(for: byteCount)
            let ticket = try StagedBatch(parts).enqueue(in: room, through: writer)
            try await writer.commit(ticket)
            return value
        } catch {
            throw HypercoreError.translating(error, key: nil)
        }
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
