public import Crypto
import Synchronization

/// Something that happened to a log.
public enum CoreEvent: Hashable, Sendable {
    /// The log grew to this length: appended here, or learnt from a peer.
    case appended(length: UInt64)
    /// The log was cut to this length and began this fork.
    case truncated(length: UInt64, fork: UInt64)
    /// The content of these blocks was forgotten here, if it was here.
    case cleared(Range<UInt64>)
    /// A block came from a peer and was stored.
    case downloaded(index: UInt64, byteCount: Int)
    /// A block was sent to a peer.
    case uploaded(index: UInt64, byteCount: Int)
    /// A peer began to replicate the log.
    case peerAdded
    /// A peer stopped replicating the log.
    case peerRemoved
    /// A peer of this key was offered the log and does not want it: most often it does not have it.
    case peerRefused(PublicKey)
    /// The log is not appended to any more, for this reason.
    case appendingStopped(AppendingStop)
    /// What had stopped appending is over.
    case appendingResumed
}

/// Hands every event to every subscriber, each with a bounded buffer of its own.
final class EventHub: Sendable {
    /// How many events a slow subscriber may lag behind before it misses the oldest.
    static let bufferLimit = 1024

    private struct State {
        var subscribers: [UInt64: AsyncStream<CoreEvent>.Continuation] = [:]
        var nextID: UInt64 = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    /// A new subscription, which ends when the hub does.
    func subscribe() -> AsyncStream<CoreEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: CoreEvent.self, bufferingPolicy: .bufferingNewest(Self.bufferLimit))
        let id: UInt64? = state.withLock { state in
            guard !state.isFinished else { return nil }
            state.nextID += 1
            state.subscribers[state.nextID] = continuation
            return state.nextID
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.subscribers.removeValue(forKey: id) }
        }
        return stream
    }

    /// Hands events to all subscribers.
    func publish(_ events: [CoreEvent]) {
        for subscriber in state.withLock({ Array($0.subscribers.values) }) {
            for event in events { subscriber.yield(event) }
        }
    }

    /// Ends all subscriptions, and those to come.
    func finish() {
        let subscribers = state.withLock { state in
            state.isFinished = true
            defer { state.subscribers = [:] }
            return state.subscribers.values
        }
        for subscriber in subscribers { subscriber.finish() }
    }
}
