/// What happens to a log, from the moment on that this was asked for: ``Hypercore/events``.
///
/// Each has a buffer of its own, so that a slow subscriber holds up nobody. It takes ``bufferLimit`` events; past them the
/// oldest are lost, and ``CoreEvent/missed(_:)`` comes in their place. It ends, after what is in the buffer, when the
/// session or the log is closed. It keeps the session: drop it, or close the session, to be rid of both.
///
/// One loop at a time should run over it: of two, each gets a part of the events.
public struct CoreEvents: AsyncSequence, Sendable {
    public typealias Element = CoreEvent
    public typealias Failure = Never

    /// How many events a subscriber may lag behind before it misses the oldest.
    public static let bufferLimit = 1024

    private let subscription: EventSubscription

    init(of session: Hypercore) {
        subscription = EventSubscription(of: session)
    }

    public func makeAsyncIterator() -> Iterator { Iterator(subscription: subscription) }

    /// Takes events out of the buffer.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let subscription: EventSubscription

        /// The next event; `nil` where the session has ended, and where the task is cancelled.
        public mutating func next() async -> CoreEvent? { await subscription.buffer.next() }
    }
}

/// A buffer for as long as somebody may take from it.
private final class EventSubscription: Sendable {
    let buffer: EventBuffer
    private let id: UInt64
    // Kept, for without it the log could end under a loop that has nothing but the events in hand.
    private let session: Hypercore

    init(of session: Hypercore) {
        self.session = session
        (id, buffer) = session.eventHub.subscribe(for: ObjectIdentifier(session.waits), isOpen: session.isOpen)
    }

    deinit {
        session.eventHub.unsubscribe(id)
    }
}
