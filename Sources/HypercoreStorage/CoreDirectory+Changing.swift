import CompactEncoding
import Crypto
public import StorageEngine
import Synchronization

// Which cores there are changes in one write set each: a core is there with all of its records, or not at all.

// MARK: - Creating

extension CoreDirectory {
    /// Enqueues the records of a new, empty core.
    ///
    /// - Returns: the core, and the ticket whose commit makes it durable.
    /// - Throws: `.exhausted`; a commit ends with `.conflict` where the core is there already, or its name is taken.
    public func create(_ identity: CoreIdentity, with writer: GroupWriter) throws -> (StoredCore, CommitTicket) {
        let discoveryKey = identity.key.discoveryKey
        var set = WriteSet()
        set.expectRecord(Schema.cores, RecordKey.pointer(discoveryKey), .absent)
        set.expectFree(identity.alias)
        return try create(identity, discoveryKey, in: set, with: writer)
    }

    /// Enqueues the removal of `core` and the records of a new, empty one of the same key, as one write set: a crash leaves
    /// the one or the other.
    ///
    /// - Parameters:
    ///   - core: what is removed.
    ///   - old: who that is.
    ///   - groups: where a group may list the core, after what is queued.
    ///   - identity: who the new one is.
    ///   - writer: where the write set is queued.
    /// - Throws: `.exhausted`; a commit ends with `.conflict` where another core is there by then.
    public func replace(
        _ core: StoredCore, _ old: CoreIdentity, groups: [GroupRecord] = [], by identity: CoreIdentity,
        with writer: GroupWriter
    ) throws -> (StoredCore, CommitTicket) {
        precondition(old.key == identity.key, "a core is replaced by one of the same key only")
        var set = purgeSet(core, old, groups: groups)
        if identity.alias != old.alias { set.expectFree(identity.alias) }
        return try create(identity, identity.key.discoveryKey, in: set, with: writer)
    }

    private func create(
        _ identity: CoreIdentity, _ discoveryKey: DiscoveryKey, in set: WriteSet, with writer: GroupWriter
    ) throws -> (StoredCore, CommitTicket) {
        try nextNumber.withLock { next in
            guard next < .max else { throw StorageRecordError(.exhausted, "the store has given out all core numbers") }
            let core = CoreNumber(next)
            next += 1
            var set = set
            set.put(Schema.store, RecordKey.nextCore, number: next)
            set.put(Schema.cores, RecordKey.pointer(discoveryKey), number: core.value)
            set.put(Schema.cores, RecordKey.record(core, .identity), record: identity.encoded())
            set.put(Schema.cores, RecordKey.record(core, .head), record: HeadRecord().encoded())
            set.put(identity.alias, leadingTo: discoveryKey)
            return (StoredCore(number: core, engine: engine), writer.enqueue(set))
        }
    }
}

// MARK: - Completing

extension StoredCore {
    /// The write set that replaces who the core is by what was learnt or given later; refused with `.conflict` where that
    /// is no longer `old` when its turn comes, or where the name is taken.
    public func writeSet(changingIdentityFrom old: CoreIdentity, to identity: CoreIdentity) -> WriteSet {
        precondition(old.key == identity.key, "a core keeps its key")
        let key = RecordKey.record(number, .identity)
        var set = WriteSet()
        set.expectRecord(Schema.cores, key, .prefix(old.encoded()))
        set.put(Schema.cores, key, record: identity.encoded())
        if identity.alias != old.alias {
            set.expectFree(identity.alias)
            set.put(identity.alias, leadingTo: identity.key.discoveryKey)
        }
        return set
    }
}

// MARK: - Purging

extension CoreDirectory {
    /// The write set that removes a core: from then on nothing leads to it, and what it occupies is garbage. Writes of the
    /// core that come later in the queue are refused, because its head is gone.
    ///
    /// - Parameters:
    ///   - core: what is removed.
    ///   - identity: who the core is.
    ///   - groups: where a group may list the core, after what is queued; where it does now is known.
    public func purgeSet(_ core: StoredCore, _ identity: CoreIdentity, groups: [GroupRecord] = []) -> WriteSet {
        let pointer = RecordKey.pointer(identity.key.discoveryKey)
        var set = WriteSet()
        set.expectRecord(Schema.cores, pointer, .prefix(RecordKey.number(core.number)))
        set.removeRecord(Schema.cores, pointer)
        set.delete(Schema.cores, RecordKey.records(of: core.number))
        if let alias = identity.alias { set.removeRecord(Schema.store, RecordKey.alias(alias)) }
        // A record that cannot be read leaves its place behind, which is listed no more without the core's own record.
        let listed = Set(groups + [try? core.group()].compactMap { $0 })
        for group in listed { set.removeRecord(Schema.store, group.indexKey(of: core.number)) }
        set.put(Schema.cores, Garbage(core: core.number, extent: .everything).key, record: [])
        return set
    }
}

// MARK: - Names

extension WriteSet {
    /// Refuses the set where the name leads somewhere.
    fileprivate mutating func expectFree(_ alias: Alias?) {
        if let alias { expectRecord(Schema.store, RecordKey.alias(alias), .absent) }
    }

    /// Lets a core's name, if it has one, lead to it.
    fileprivate mutating func put(_ alias: Alias?, leadingTo discoveryKey: DiscoveryKey) {
        guard let alias else { return }
        put(Schema.store, RecordKey.alias(alias), record: discoveryKey.bytes.array)
    }
}
