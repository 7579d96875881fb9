import Bitfield
import HypercoreStorage
import Replication
import StorageEngine
import Synchronization

// A store that was opened read-only lies beside a process that writes to it, and that nobody here is told of.

extension Core {
    /// Takes over what another process has written to the log since it was last looked at, in a store that was opened
    /// read-only; elsewhere this process is the only one that writes.
    ///
    /// - Returns: whether the log has changed.
    @discardableResult
    func followStored() throws -> Bool {
        guard writer == nil else { return false }
        let stored: (head: HeadRecord, presence: PresenceRecord?)
        do {
            guard let read = try readStored() else {
                end(.purged)
                throw CoreEnd.purged.error(key)
            }
            stored = read
        } catch {
            throw HypercoreError(error, key: key)
        }
        var hasChanged = false
        turn { state, effects in
            let old = state.durable
            guard !state.isClosed, stored.head != old || state.blocks.isOutdated(by: stored.presence) else { return }
            hasChanged = true
            state.blocks.reload(stored.presence)
            (state.durable, state.staged) = (stored.head, stored.head)
            announce(stored.head, after: old, in: &state, &effects)
        }
        return hasChanged
    }

    private func readStored() throws -> (head: HeadRecord, presence: PresenceRecord?)? {
        try registry.directory.engine.read { _ in
            guard try registry.directory.find(discoveryKey)?.number == stored.number else { return nil }
            return (try stored.head(), try stored.presence())
        }
    }

    private func announce(
        _ head: HeadRecord, after old: HeadRecord, in state: inout CoreState, _ effects: inout TurnEffects
    ) {
        let log = CoreLogView(self, state)
        if head.fork != old.fork {
            effects.events.append(.truncated(length: min(old.length, head.length), fork: head.fork))
            state.machine?.replicator.localChanged(
                .truncated(oldLength: old.length), log: log, into: &effects.replication)
        } else if head.length > old.length {
            effects.events.append(.appended(length: head.length))
            // Of a log that is not whole nobody here knows which blocks came: peers ask.
            if log.contiguousLength == head.length {
                state.machine?.replicator.localChanged(
                    .appended(oldLength: old.length), log: log, into: &effects.replication)
            }
        }
        state.machine?.replicator.localChanged(.stored(0..<log.contiguousLength), log: log, into: &effects.replication)
    }
}
