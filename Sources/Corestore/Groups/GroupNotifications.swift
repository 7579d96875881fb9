public import CompactEncoding
public import Hypercore
import HypercoreStorage

/// What happens to the logs of one group, and what has happened: ``Corestore/notifyGroup(_:)``.
public final class GroupNotifications: Sendable {
    /// The group's topic.
    public let topic: Bytes32
    private let store: Corestore
    private let endings = SessionEndings()

    init(_ topic: Bytes32, of store: Corestore) {
        self.topic = topic
        self.store = store
    }

    /// The logs of the group by when they last changed, those that changed last first; see
    /// ``Corestore/group(_:since:order:)``.
    ///
    /// - Parameters:
    ///   - since: in milliseconds since 1970, by the clock of this store: what changed before is left out.
    ///   - reversed: whether what changed last comes first.
    public func updates(since: UInt64 = 0, reversed: Bool = true) -> GroupList {
        store.group(topic, since: since, order: reversed ? .newestFirst : .oldestFirst)
    }

    /// Changes of the group's logs, from now on. Every call is a subscription of its own; it ends with this handle
    /// (``end()``), with the store session that gave it out, and with the store.
    public var activity: AsyncStream<GroupActivity> {
        store.activity(endingWith: endings) { [topic] in $0.topic == topic }
    }

    /// Ends all that this handle tells of. Lists can still be read through it. Ending again does nothing.
    public func end() { endings.end() }
}

extension GroupNotifications: Endable {}
