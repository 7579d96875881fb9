import Synchronization

/// The events that one subscriber has not taken yet, up to a bound, and who waits for the next.
final class EventBuffer: Sendable {
    private struct State {
        var events: ArraySlice<CoreEvent> = []
        /// How many were lost that came before them.
        var missedCount = 0
        var waiters: [(id: UInt64, continuation: CheckedContinuation<CoreEvent?, Never>)] = []
        var nextWaiter: UInt64 = 0
        var isFinished = false

        /// The next event; none where it has to be waited for, and `.some(nil)` where there will be none.
        mutating func take() -> CoreEvent?? {
            if missedCount > 0 {
                defer { missedCount = 0 }
                return .some(.missed(missedCount))
            }
            if let event = events.popFirst() { return .some(event) }
            return isFinished ? .some(nil) : nil
        }
    }

    private let state = Mutex(State())

    /// The next event; `nil` after the last, and where the task is cancelled.
    func next() async -> CoreEvent? {
        let (id, ready) = state.withLock { state in
            state.nextWaiter += 1
            return (state.nextWaiter, state.take())
        }
        if let ready { return ready }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: CoreEvent?? = state.withLock { state in
                    if Task.isCancelled { return .some(nil) }
                    if let ready = state.take() { return ready }
                    state.waiters.append((id, continuation))
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: nil)
        }
    }

    /// Adds events, and loses the oldest past the bound.
    func put(_ events: [CoreEvent]) {
        let served = state.withLock { state in
            guard !state.isFinished else { return [] as [(CheckedContinuation<CoreEvent?, Never>, CoreEvent)] }
            state.events += events
            let excess = state.events.count - CoreEvents.bufferLimit
            if excess > 0 {
                state.events.removeFirst(excess)
                state.missedCount += excess
            }
            var served: [(CheckedContinuation<CoreEvent?, Never>, CoreEvent)] = []
            while !state.waiters.isEmpty, case .some(.some(let event)) = state.take() {
                served.append((state.waiters.removeFirst().continuation, event))
            }
            return served
        }
        for (waiter, event) in served { waiter.resume(returning: event) }
    }

    /// Ends the buffer; what is in it can still be taken.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }
}
