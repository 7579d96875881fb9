public import CompactEncoding
public import Hypercore
public import HypercoreStorage

extension Corestore {
    /// How many updates of a group a slow subscriber may lag behind before it misses the oldest.
    public static let groupUpdateBufferLimit = 1024

    /// The logs of the group of `topic` that changed at `since` or later, by when they last changed. None of the other
    /// logs of the store are looked at.
    ///
    /// ```swift
    /// for try await update in store.group(topic, since: lastSeen) {
    ///     let log = try await store.get(discoveryKey: update.discoveryKey)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - topic: what was given to `Hypercore.setGroup(_:)`.
    ///   - since: in milliseconds since 1970, by the clock of this store.
    ///   - order: whether what changed longest ago comes first, or what changed last.
    public func group(_ topic: Bytes32, since: UInt64 = 0, order: GroupOrder = .oldestFirst) -> GroupList {
        GroupList(store: self, topic: topic, since: since, order: order)
    }

    /// Tells of every log of the group of `topic` that grows or is cut from now on, once that is durable: here, or by what
    /// a peer brings.
    ///
    /// Every call is a subscription of its own. Subscribe first and read ``group(_:since:order:)`` then, so that nothing
    /// is missed. It ends when this session, or the store, is closed.
    public func groupUpdates(of topic: Bytes32) -> AsyncStream<GroupUpdate> {
        subscription(endingWith: endings) { $0.topic == topic ? $0.update : nil }
    }

    /// Tells of every log of any group that grows or is cut from now on, once that is durable; see ``groupUpdates(of:)``.
    ///
    /// Once for a change, however many sessions the log has, and also of logs that no session has open, because a peer
    /// brings blocks of them.
    public var groupActivity: AsyncStream<GroupActivity> { activity(endingWith: endings) { _ in true } }

    /// A handle on the group of `topic`: what has changed in it, and what changes from now on.
    ///
    /// ```swift
    /// let group = try store.notifyGroup(topic)
    /// for try await update in group.updates(since: lastSeen) { … }
    /// for await change in group.activity { print(change.key, change.length) }
    /// ```
    ///
    /// - Throws: ``CorestoreError``: `.closed`.
    public func notifyGroup(_ topic: Bytes32) throws(CorestoreError) -> GroupNotifications {
        try requireOpen()
        let notifications = GroupNotifications(topic, of: self)
        endings.add(notifications)
        return notifications
    }

    func activity(
        endingWith endings: SessionEndings, where isMeant: @escaping @Sendable (GroupActivity) -> Bool
    ) -> AsyncStream<GroupActivity> {
        subscription(endingWith: endings) { isMeant($0) ? $0 : nil }
    }

    private func subscription<Element: Sendable>(
        endingWith endings: SessionEndings, _ transform: @escaping @Sendable (GroupActivity) -> Element?
    ) -> AsyncStream<Element> {
        let registry = root.registry
        return AsyncStream(bufferingPolicy: .bufferingNewest(Self.groupUpdateBufferLimit)) { continuation in
            let watch = registry.onGroupActivity(ended: { continuation.finish() }) { activity in
                if let element = transform(activity) { continuation.yield(element) }
            }
            let ending = endings.add { continuation.finish() }
            continuation.onTermination = { _ in
                registry.endGroupActivity(watch)
                if let ending { endings.remove(ending) }
            }
            if ending == nil { continuation.finish() }
        }
    }
}
