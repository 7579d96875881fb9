import CompactEncoding
import Crypto
import HypercoreStorage
import Synchronization

/// The group that a log belongs to: as committed, and as it will be after what is queued.
struct GroupMembership: Sendable {
    private(set) var durable: GroupRecord?
    private(set) var staged: GroupRecord?

    init(_ record: GroupRecord? = nil) {
        durable = record
        staged = record
    }

    /// A change is queued that makes it this; `nil` where it changes nothing.
    mutating func advance(to record: GroupRecord?) {
        if let record { staged = record }
    }

    /// That change was committed.
    mutating func commit(_ record: GroupRecord?) {
        if let record { durable = record }
    }

    /// What was queued will come to nothing.
    mutating func resetStaging() { staged = durable }

    /// Where the group's list may name the log.
    var places: [GroupRecord] { Array(Set([durable, staged].compactMap { $0 })) }
}

extension Core {
    /// The topic of the group that the log belongs to.
    var groupTopic: Bytes32? { state.withLock { $0.group.durable?.topic } }

    /// Where the group's list may name the log.
    var groupPlaces: [GroupRecord] { state.withLock { $0.group.places } }

    /// Puts the log into a group, for good.
    func join(_ topic: Bytes32) async throws {
        if try state.withLock({ try requireGroup(topic, $0) && $0.group.durable != nil }) { return }
        try await change(byteCount: 512) { draft, state in
            if try !requireGroup(topic, state) { draft.join(topic) }
        }
    }

    /// Throws where the log belongs to another group than that of `topic`.
    ///
    /// - Returns: whether it belongs to that one.
    private func requireGroup(_ topic: Bytes32, _ state: borrowing CoreState) throws(HypercoreError) -> Bool {
        guard let group = state.group.staged else { return false }
        guard group.topic == topic else {
            throw HypercoreError(
                .otherGroup, key: key,
                "the log belongs to the group \(group.topic) already, and a log has one group only")
        }
        return true
    }

    /// Puts into `write` that the log's place in its group moves; `nil` where it belongs to none, at no cost.
    func moveInGroup(
        _ state: borrowing CoreState, joining topic: Bytes32? = nil, in write: inout CoreWrite
    ) -> GroupRecord? {
        let old = state.group.staged
        guard let topic = topic ?? old?.topic else { return nil }
        let group = GroupRecord(topic: topic, timestamp: registry.groups.timestamp())
        // Twice in a millisecond it stands where it stood, and nothing has to be written.
        guard group != old else {
            write.expect(group: group)
            return group
        }
        write.put(group: group, replacing: old, of: discoveryKey)
        return group
    }

    /// Takes over that a change of the log's place was committed, and tells, where the log has changed with it.
    func commitGroup(
        _ group: GroupRecord?, hasMoved: Bool, in state: inout CoreState, _ effects: inout TurnEffects
    ) {
        state.group.commit(group)
        guard let group, hasMoved else { return }
        effects.groupUpdates.append(
            GroupUpdate(topic: group.topic, discoveryKey: discoveryKey, timestamp: group.timestamp))
    }
}

extension CoreRegistry {
    /// Sees to it that the timestamps of the group of a log that is being opened never go backwards, also where the clock was
    /// set back since they were stored.
    func reachGroup(of records: CoreRecords) throws {
        guard let group = records.group else { return }
        groups.reach(try directory.lastChange(of: group.topic) ?? group.timestamp)
    }
}
