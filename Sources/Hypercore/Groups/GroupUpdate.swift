public import CompactEncoding
public import Crypto
import HypercoreStorage
import Synchronization

/// That a log of a group has changed.
public struct GroupUpdate: Hashable, Sendable {
    /// The group's topic.
    public let topic: Bytes32
    /// The log that has changed.
    public let discoveryKey: DiscoveryKey
    /// When, in milliseconds since 1970, by the clock of this store; where the group lists the log from now on.
    public let timestamp: UInt64

    /// An update of the given parts.
    public init(topic: Bytes32, discoveryKey: DiscoveryKey, timestamp: UInt64) {
        self.topic = topic
        self.discoveryKey = discoveryKey
        self.timestamp = timestamp
    }
}

/// A change of a log of a group, as it happens: which log it is, and how long it is by then.
public struct GroupActivity: Hashable, Sendable {
    /// What the group lists the change as.
    public let update: GroupUpdate
    /// The log's key.
    public let key: CoreKey
    /// How many blocks the log has when this is told. Of changes that were committed together, each has the last length.
    public let length: UInt64
    /// How often the log was truncated by then.
    public let fork: UInt64

    /// The group's topic.
    public var topic: Bytes32 { update.topic }
    /// The log's discovery key.
    public var discoveryKey: DiscoveryKey { update.discoveryKey }
}

/// Who is told of changes to the logs of groups, and what time it is for them.
final class GroupWatch: Sendable {
    typealias Handler = @Sendable (GroupActivity) -> Void

    private struct Watcher {
        let handler: Handler
        let ended: @Sendable () -> Void
    }

    private struct State {
        var watchers: [UInt64: Watcher] = [:]
        var nextID: UInt64 = 0
        var isFinished = false
        /// The last timestamp that was given out or found stored.
        var latest: UInt64 = 0
    }

    private let state = Mutex(State())
    private let wallClock: @Sendable () -> UInt64

    init(wallClock: @escaping @Sendable () -> UInt64) {
        self.wallClock = wallClock
    }

    /// A timestamp for a change that is staged now: the time, or the last timestamp where a clock was set back.
    func timestamp() -> UInt64 {
        let now = wallClock()
        return state.withLock { state in
            state.latest = max(state.latest, now)
            return state.latest
        }
    }

    /// Takes note of a timestamp that is stored: none that is given out from now on lies before it.
    func reach(_ timestamp: UInt64) {
        state.withLock { $0.latest = max($0.latest, timestamp) }
    }

    /// - Returns: what ``remove(_:)`` takes; one that is unknown to it where nothing is told any more.
    func add(_ handler: @escaping Handler, ended: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, isFinished) = state.withLock { state in
            state.nextID += 1
            if !state.isFinished { state.watchers[state.nextID] = Watcher(handler: handler, ended: ended) }
            return (state.nextID, state.isFinished)
        }
        if isFinished { ended() }
        return id
    }

    func remove(_ id: UInt64) {
        _ = state.withLock { $0.watchers.removeValue(forKey: id) }
    }

    func publish(_ updates: [GroupUpdate], of core: Core) {
        let watchers = state.withLock { Array($0.watchers.values) }
        guard !watchers.isEmpty else { return }
        let head = core.durableHead
        for update in updates {
            let activity = GroupActivity(update: update, key: core.key, length: head.length, fork: head.fork)
            for watcher in watchers { watcher.handler(activity) }
        }
    }

    /// Ends all watches, and those to come.
    func finish() {
        let watchers = state.withLock { state in
            state.isFinished = true
            defer { state.watchers = [:] }
            return state.watchers.values
        }
        for watcher in watchers { watcher.ended() }
    }
}

extension CoreRegistry {
    /// Calls `handler` whenever a log of a group has grown or was cut, once that is durable.
    ///
    /// On the thread that committed, outside all locks; keep it short. Logs that changed before are listed by
    /// `CoreDirectory.logs(of:since:)`; begin to watch first and list then, so that none is missed.
    ///
    /// ```swift
    /// let watch = registry.onGroupActivity { activity in queue.yield(activity) }
    /// let changed = try registry.directory.logs(of: topic, since: lastSeen, limit: 100)
    /// ```
    ///
    /// - Parameters:
    ///   - ended: called when the registry is closed; at once, where it is.
    ///   - handler: told of each change.
    /// - Returns: what ``endGroupActivity(_:)`` takes.
    public func onGroupActivity(
        ended: @escaping @Sendable () -> Void = {}, _ handler: @escaping @Sendable (GroupActivity) -> Void
    ) -> UInt64 {
        groups.add(handler, ended: ended)
    }

    /// Ends what ``onGroupActivity(ended:_:)`` has begun.
    public func endGroupActivity(_ id: UInt64) {
        groups.remove(id)
    }
}
