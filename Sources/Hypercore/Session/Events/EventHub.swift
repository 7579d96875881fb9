import Synchronization

/// Hands every event of a log to every subscriber.
final class EventHub: Sendable {
    private struct Subscriber {
        let buffer: EventBuffer
        /// The session that it belongs to.
        let session: ObjectIdentifier
    }

    private struct State {
        var subscribers: [UInt64: Subscriber] = [:]
        var nextID: UInt64 = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    /// A new subscription, which ends with the session or with the hub.
    ///
    /// - Parameter isOpen: whether the session is open; asked under the lock, after which its end is heard of.
    func subscribe(
        for session: ObjectIdentifier, isOpen: @autoclosure () -> Bool
    ) -> (id: UInt64, buffer: EventBuffer) {
        let buffer = EventBuffer()
        let id = state.withLock { state in
            state.nextID += 1
            if state.isFinished || !isOpen() {
                buffer.finish()
            } else {
                state.subscribers[state.nextID] = Subscriber(buffer: buffer, session: session)
            }
            return state.nextID
        }
        return (id, buffer)
    }

    func unsubscribe(_ id: UInt64) {
        _ = state.withLock { $0.subscribers.removeValue(forKey: id) }
    }

    /// Whether there is anybody to hand events to.
    var hasSubscribers: Bool { state.withLock { !$0.subscribers.isEmpty } }

    /// Hands events to all subscribers.
    func publish(_ events: [CoreEvent]) {
        for subscriber in state.withLock({ Array($0.subscribers.values) }) { subscriber.buffer.put(events) }
    }

    /// Ends the subscriptions of one session.
    func finish(of session: ObjectIdentifier) {
        let ended = state.withLock { state in
            let ended = state.subscribers.filter { $0.value.session == session }
            for id in ended.keys { state.subscribers[id] = nil }
            return ended.values.map(\.buffer)
        }
        for buffer in ended { buffer.finish() }
    }

    /// Ends all subscriptions, and those to come.
    ///
    /// - Parameter last: what is told before.
    func finish(with last: CoreEvent?) {
        let buffers = state.withLock { state in
            state.isFinished = true
            defer { state.subscribers = [:] }
            return state.subscribers.values.map(\.buffer)
        }
        for buffer in buffers {
            if let last { buffer.put([last]) }
            buffer.finish()
        }
    }
}
