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
    /// is missed. It ends when the store is closed.
    public func groupUpdates(of topic: Bytes32) -> AsyncStream<GroupUpdate> {
        let registry = root.registry
        return AsyncStream(bufferingPolicy: .bufferingNewest(Self.groupUpdateBufferLimit)) { continuation in
            let watch = registry.onGroupUpdate(ended: { continuation.finish() }) { update in
                if update.topic == topic { continuation.yield(update) }
            }
            continuation.onTermination = { _ in registry.endGroupUpdates(watch) }
        }
    }
}
