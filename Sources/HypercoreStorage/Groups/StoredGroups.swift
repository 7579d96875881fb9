public import CompactEncoding
public import Crypto
import StorageEngine

/// A log of a group, in the place where its last change has put it.
public struct GroupEntry: Hashable, Sendable {
    /// The log.
    public let discoveryKey: DiscoveryKey
    /// When it last changed, in milliseconds since 1970.
    public let timestamp: UInt64
    let core: CoreNumber
}

/// In which order the logs of a group are listed.
public enum GroupOrder: Hashable, Sendable {
    /// What changed longest ago comes first.
    case oldestFirst
    /// What changed last comes first.
    case newestFirst
}

extension CoreDirectory {
    /// The logs of a group that changed at `since` or later, `limit` of them at most, past `last`.
    ///
    /// A log is listed once, where its last change has put it; one that changes while a long list is read in several
    /// calls may be seen again, or be missed by who reads the newest first. Nothing but the entries is read, however many
    /// logs the store has.
    ///
    /// ```swift
    /// let changed = try directory.logs(of: topic, since: lastSeen, limit: 100)
    /// ```
    public func logs(
        of topic: Bytes32, since: UInt64 = 0, order: GroupOrder = .oldestFirst, after last: GroupEntry? = nil,
        limit: Int
    ) throws -> [GroupEntry] {
        var range = KeyRange(prefix: RecordKey.group(topic))
        range.lower = RecordKey.group(topic, since, CoreNumber(0))
        if let last {
            let key = RecordKey.group(topic, last.timestamp, last.core)
            switch order {
            case .oldestFirst where last.timestamp >= since: range.lower = key + [0]
            case .oldestFirst: break
            case .newestFirst: range.upper = key
            }
        }
        return try engine.read { snapshot in
            var found: [GroupEntry] = []
            try snapshot.scan(Schema.store, range, order: order == .oldestFirst ? .ascending : .descending) {
                key, value in
                let entry = try GroupEntry(key: key, value: value)
                // An entry that a change has left behind, because a commit before it failed, is not the log's place.
                let stored = try snapshot.withRecord(Schema.cores, RecordKey.record(entry.core, .group)) {
                    try GroupRecord(decoding: $0)
                }
                if stored == GroupRecord(topic: topic, timestamp: entry.timestamp) { found.append(entry) }
                return found.count < limit ? .next : .stop
            }
            return found
        }
    }

    /// When a log of the group last changed; `nil` where it has none.
    public func lastChange(of topic: Bytes32) throws -> UInt64? {
        var timestamp: UInt64?
        try engine.read { snapshot in
            try snapshot.scan(Schema.store, KeyRange(prefix: RecordKey.group(topic)), order: .descending) {
                key, value in
                timestamp = try GroupEntry(key: key, value: value).timestamp
                return .stop
            }
        }
        return timestamp
    }
}

extension GroupEntry {
    fileprivate init(key: RawSpan, value: RawSpan) throws(StorageRecordError) {
        do throws(CompactDecodingError) {
            var reader = ByteReader(key)
            _ = try reader.uint8()
            _ = try reader.fixed32()
            timestamp = try reader.uint64BigEndian()
            core = CoreNumber(try reader.uint32BigEndian())
            try reader.requireEnd()
        } catch {
            throw .damaged("place of a log in its group", error)
        }
        discoveryKey = DiscoveryKey(try Bytes32(record: value, of: Schema.store))
    }
}

extension StoredCore {
    /// The group that the log belongs to, as it is stored; `nil` where it belongs to none.
    public func group() throws -> GroupRecord? {
        try engine.read { snapshot in
            try snapshot.withRecord(Schema.cores, RecordKey.record(number, .group)) { try GroupRecord(decoding: $0) }
        }
    }
}

extension CoreWrite {
    /// Refuses the write set unless this is the log's place in its group; `nil` where it is to be in none.
    public mutating func expect(group: GroupRecord?) {
        set.expectRecord(
            Schema.cores, RecordKey.record(core, .group), group.map { .prefix($0.encoded()) } ?? .absent)
    }

    /// Moves the log to another place in its group, or into one. Refused where it stands elsewhere by then.
    public mutating func put(group: GroupRecord, replacing old: GroupRecord?, of discoveryKey: DiscoveryKey) {
        expect(group: old)
        let key = RecordKey.record(core, .group)
        if let old { set.removeRecord(Schema.store, old.indexKey(of: core)) }
        set.put(Schema.store, group.indexKey(of: core), record: discoveryKey.bytes.array)
        set.put(Schema.cores, key, record: group.encoded())
    }
}
