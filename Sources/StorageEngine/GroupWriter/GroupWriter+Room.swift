import Synchronization

extension GroupWriter {
    /// Room in the queue of a ``GroupWriter``. It is held until it is handed to
    /// ``GroupWriter/enqueue(_:in:completion:)`` or let go of.
    public final class Room: Sendable {
        private let writer: GroupWriter
        private let byteCount: Atomic<Int>

        init(_ byteCount: Int, in writer: GroupWriter) {
            self.byteCount = Atomic(byteCount)
            self.writer = writer
        }

        deinit {
            writer.release(take(in: writer))
        }

        /// Takes the room over: the bytes, once.
        func take(in writer: GroupWriter) -> Int {
            precondition(writer === self.writer, "room in one writer's queue was handed to another writer")
            return byteCount.exchange(0, ordering: .relaxed)
        }
    }

    /// Waits until `byteCount` bytes fit into the queue. Call it before taking any lock that another writer may hold.
    ///
    /// Callers get in in the order in which they came. A set larger than the whole queue gets in when it is empty.
    /// Without contention this does not suspend.
    ///
    /// - Returns: the room, for `enqueue`. Ignoring it gives it back at once.
    /// - Throws: `CancellationError`, or a ``StorageError``: `.tooLarge` for more than the engine takes in one
    ///   transaction, `.closed`.
    @discardableResult
    public func room(for byteCount: Int) async throws -> Room {
        try await takeRoom(for: byteCount)
        return Room(byteCount, in: self)
    }

    func takeRoom(for byteCount: Int) async throws {
        precondition(byteCount >= 0, "\(byteCount) bytes cannot be queued")
        if let refusal = refusal(ofByteCount: byteCount) { throw refusal }
        let isAdmitted = try queue.withLock { queue in
            if queue.closing != nil { throw StorageError.writerClosed }
            return queue.rooms.take(byteCount)
        }
        if !isAdmitted { try await waitForRoom(byteCount) }
    }

    private func waitForRoom(_ byteCount: Int) async throws {
        let id = waiterIDs.add(1, ordering: .relaxed).newValue
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = queue.withLock { queue in
                    // The handler below either has run already, then the task is cancelled by now, or finds the waiter.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if queue.closing != nil { return .failure(StorageError.writerClosed) }
                    if queue.rooms.take(byteCount) { return .success(()) }
                    queue.rooms.join(id, for: byteCount, continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let (left, admitted) = queue.withLock { $0.rooms.leave(id) }
            left?.resume(throwing: CancellationError())
            for waiter in admitted { waiter.resume() }
        }
    }

    private func release(_ byteCount: Int) {
        guard byteCount > 0 else { return }
        for waiter in queue.withLock({ $0.rooms.release(byteCount) }) { waiter.resume() }
    }
}
