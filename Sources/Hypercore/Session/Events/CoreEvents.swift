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

    init(from hub: EventHub, of session: Hypercore) {
        subscription = EventSubscription(from: hub, of: session)
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
    private let hub: EventHub
    // Kept, for without it the log could end under a loop that has nothing but the events in hand.
    private let session: Hypercore

    init(from hub: EventHub, of session: Hypercore) {
        (self.hub, self.session) = (hub, session)
        (id, buffer) = hub.subscribe(for: ObjectIdentifier(session.waits), isOpen: session.isOpen)
    }

    deinit {
        hub.unsubscribe(id)
    }
}
