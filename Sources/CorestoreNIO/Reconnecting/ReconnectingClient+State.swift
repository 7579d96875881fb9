import Synchronization

extension ReconnectingClient {
    /// What a client is at.
    public enum State: Sendable {
        /// It does not run yet.
        case idle
        /// It looks for the host, connects, or shakes hands.
        case connecting
        /// The handshake is complete, the other side admitted, and logs are replicated.
        case connected(ReplicationConnection)
        /// It tries again at the given time, because of what ended the last attempt or connection.
        case waiting(until: ContinuousClock.Instant, because: TransportError)
        /// It has ended: with an error where it has given up, without one where it was told to.
        case stopped(TransportError?)
    }
}

/// The state of a client, and who is told when it changes.
final class ReconnectingStates: Sendable {
    typealias State = ReconnectingClient.State

    /// How many changes are kept for an observer that is slow; it misses the oldest.
    private static let keptCount = 16

    private struct Guarded {
        var current = State.idle
        var observers: [UInt64: AsyncStream<State>.Continuation] = [:]
        var nextObserver: UInt64 = 0
    }

    private let guarded = Mutex(Guarded())

    var current: State { guarded.withLock { $0.current } }

    /// The current state, and those that follow until the client stops.
    func observe() -> AsyncStream<State> {
        let (states, continuation) = AsyncStream.makeStream(
            of: State.self, bufferingPolicy: .bufferingNewest(Self.keptCount))
        let number = guarded.withLock { guarded in
            // Under the lock, so that no change comes before the state that it changes. A stream's end is never told of
            // here, for nobody has it yet.
            continuation.yield(guarded.current)
            guard !guarded.current.isStopped else { return nil as UInt64? }
            defer { guarded.nextObserver += 1 }
            guarded.observers[guarded.nextObserver] = continuation
            return guarded.nextObserver
        }
        guard let number else {
            continuation.finish()
            return states
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.guarded.withLock { $0.observers.removeValue(forKey: number) }
        }
        return states
    }

    /// Changes the state and tells the observers; the last they hear is that the client has stopped.
    ///
    /// Only the task that runs the client calls it, so the observers hear of the changes in their order.
    func change(to state: State) {
        let observers = guarded.withLock { guarded in
            guarded.current = state
            defer { if state.isStopped { guarded.observers = [:] } }
            return Array(guarded.observers.values)
        }
        for observer in observers {
            observer.yield(state)
            if state.isStopped { observer.finish() }
        }
    }
}

extension ReconnectingClient.State {
    fileprivate var isStopped: Bool {
        if case .stopped = self { true } else { false }
    }
}
