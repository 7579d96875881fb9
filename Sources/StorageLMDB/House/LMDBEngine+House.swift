import StorageEngine
import Synchronization

// What closing, suspending, resuming, compacting and copying have in common.
extension LMDBEngine {
    /// Runs `body` while nobody writes and nobody else keeps house. Writers and others wait.
    func keepHouse<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
        state.withLock { $0.right.requestHousekeeping() }
        while !state.withLock({ $0.right.beginHousekeeping() }) { pause(microseconds: 200) }
        defer { state.withLock { $0.right.endHousekeeping() } }
        return try body()
    }

    /// Refuses what the phase refuses from now on; what is under way may finish. Nothing follows on `.closed`.
    ///
    /// The phase and what readers are told change together.
    func enter(_ phase: Phase) {
        state.withLock { state in
            guard state.phase != .closed else { return }
            state.phase = phase
            switch phase {
            case .open: readers.admitAgain()
            case .suspended: readers.refuse(.engineSuspended(path))
            case .closed: readers.refuse(.engineClosed(path))
            }
        }
    }

    /// What is open; throws why nothing is, or why nothing may be written to it.
    func openAttachment() throws(StorageError) -> (Attachment, StoreDirectory) {
        let result: Result<(Attachment, StoreDirectory), StorageError> = state.withLock { state in
            if let refusal = state.refusal(path) { return .failure(refusal) }
            guard let attachment = state.attachment, let hold = state.hold else {
                preconditionFailure("\(path) is neither open, nor suspended, nor closed")
            }
            return .success((attachment, hold.directory))
        }
        return try result.get()
    }

    /// Waits for reads under way, syncs, and lets go of files and locks. Reads are refused already, and the caller
    /// keeps house. Does nothing where that has been done.
    func detach() throws(StorageError) {
        guard let attachment = state.withLock({ $0.attachment }) else { return }
        let failure = syncBeforeDetaching(attachment.committer)
        readers.drain()
        let departure = Departure(from: attachment)
        attachment.close()
        state.withLock { state in
            state.attachment = nil
            state.departure = departure
            if let failure { state.poison(by: failure, path) }
            // Last: from here on the store may be opened again.
            state.hold = nil
        }
        if let failure { throw failure }
    }

    private func syncBeforeDetaching(_ committer: Committer) -> StorageError? {
        let isPoisoned = state.withLock { $0.poison != nil }
        guard !isReadOnly, case .poisoned(let error) = committer.finish(isPoisoned: isPoisoned) else { return nil }
        return error
    }
}
