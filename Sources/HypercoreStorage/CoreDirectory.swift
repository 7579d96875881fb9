public import CompactEncoding
public import Crypto
public import StorageEngine
import Synchronization

/// A core that a name leads to, in the list of its namespace.
public struct NamedCore: Hashable, Sendable {
    /// The core.
    public let discoveryKey: DiscoveryKey
    /// Where the list goes on.
    let place: [UInt8]
}

/// The cores of a store: finds them by discovery key or name, creates them, lists them.
///
/// There is one for an open store; it gives out the core numbers.
public final class CoreDirectory: Sendable {
    /// Where everything is kept.
    public let engine: any StorageEngine
    /// Through what everything is written; `nil` for a store that was opened read-only.
    public let writer: GroupWriter?
    /// The next core number. Held while the set that takes a number is enqueued, so that the stored counter never
    /// falls behind.
    let nextNumber: Mutex<UInt32>
    /// The doubts about the store, as they are stored.
    let doubtRecord: Mutex<DoubtRecord?>

    /// Opens the records of a store, or begins them where the store is new.
    ///
    /// - Throws: `.unsupportedVersion` for the layout of a newer version of this library; `StorageError`.
    public init(engine: any StorageEngine, writer: GroupWriter?) throws {
        self.engine = engine
        self.writer = writer
        let (format, next, doubt) = try engine.read { snapshot in
            let format = try snapshot.number(Schema.store, RecordKey.format)
            try Self.requireReadable(format)
            return (
                format,
                try snapshot.number(Schema.store, RecordKey.nextCore),
                try snapshot.withRecord(Schema.store, RecordKey.historyDoubt) { try DoubtRecord(decoding: $0) }
            )
        }
        nextNumber = Mutex(next ?? 0)
        doubtRecord = Mutex(doubt)
        guard format == nil, let writer else { return }
        var set = WriteSet()
        set.put(Schema.store, RecordKey.format, number: Schema.version)
        _ = writer.enqueue(set)
    }

    private static func requireReadable(_ format: UInt32?) throws(StorageRecordError) {
        guard let format, format != Schema.version else { return }
        throw StorageRecordError(
            .unsupportedVersion,
            "the store has layout \(format); this version of swift-corestore reads layout \(Schema.version)")
    }
}

// MARK: - Finding

extension CoreDirectory {
    /// The core of this discovery key; `nil` where the store has none.
    public func find(_ discoveryKey: DiscoveryKey) throws -> StoredCore? {
        try engine.read { snapshot in
            try snapshot.number(Schema.cores, RecordKey.pointer(discoveryKey))
        }.map { StoredCore(number: CoreNumber($0), engine: engine) }
    }

    /// The core of this discovery key with what has to be known of it to open it, all of one moment; `nil` where the store
    /// has none.
    ///
    /// - Throws: `.damaged` where a record is missing that every core has, or one does not decode; `StorageError`.
    public func open(_ discoveryKey: DiscoveryKey) throws -> (core: StoredCore, records: CoreRecords)? {
        try engine.read { snapshot in
            guard let number = try snapshot.number(Schema.cores, RecordKey.pointer(discoveryKey)) else { return nil }
            let core = StoredCore(number: CoreNumber(number), engine: engine)
            return (core, try CoreRecords(of: core.number, in: snapshot))
        }
    }

    /// Where `alias` leads; `nil` where the name is free.
    public func resolve(_ alias: Alias) throws -> DiscoveryKey? {
        try engine.read { snapshot in
            try snapshot.bytes32(Schema.store, RecordKey.alias(alias))
        }.map { DiscoveryKey($0) }
    }

    /// The discovery keys of all cores, `limit` of them at most, past `last`.
    ///
    /// A long list is read in several calls, so that no snapshot lasts as long as the reader of the list takes.
    public func list(after last: DiscoveryKey? = nil, limit: Int) throws -> [DiscoveryKey] {
        var range = RecordKey.pointers
        if let last { range.lower = RecordKey.pointer(last) + [0] }
        var found: [DiscoveryKey] = []
        try engine.read { snapshot in
            try snapshot.scan(Schema.cores, range) { key, _ in
                let discoveryKey = try Bytes32(record: key.extracting(droppingFirst: 1), of: Schema.cores)
                found.append(DiscoveryKey(discoveryKey))
                return found.count < limit ? .next : .stop
            }
        }
        return found
    }

    /// The named cores of `namespace` in the order of their names, `limit` of them at most, past `last`.
    ///
    /// ```swift
    /// let first = try directory.named(in: namespace, limit: 100)
    /// let second = try directory.named(in: namespace, after: first.last, limit: 100)
    /// ```
    public func named(in namespace: Bytes32, after last: NamedCore? = nil, limit: Int) throws -> [NamedCore] {
        var range = KeyRange(prefix: RecordKey.aliases(in: namespace))
        if let last { range.lower = last.place + [0] }
        var found: [NamedCore] = []
        try engine.read { snapshot in
            try snapshot.scan(Schema.store, range) { key, value in
                let discoveryKey = DiscoveryKey(try Bytes32(record: value, of: Schema.store))
                found.append(NamedCore(discoveryKey: discoveryKey, place: [UInt8](copying: key)))
                return found.count < limit ? .next : .stop
            }
        }
        return found
    }

    /// Who `core` is.
    public func identity(of core: StoredCore) throws -> CoreIdentity {
        let identity = try engine.read { snapshot in
            try snapshot.withRecord(Schema.cores, RecordKey.record(core.number, .identity)) {
                try CoreIdentity(decoding: $0)
            }
        }
        guard let identity else { throw StorageRecordError.missing("identity", of: core.number) }
        return identity
    }
}

// MARK: - The primary key

extension CoreDirectory {
    /// The store's primary key; `nil` before it was set.
    public func primaryKey() throws -> Bytes32? {
        try engine.read { snapshot in
            try snapshot.bytes32(Schema.store, RecordKey.primaryKey)
        }
    }

    /// Stores the primary key of a new store.
    public func setPrimaryKey(_ key: GuardedBytes, with writer: GroupWriter) async throws {
        var set = WriteSet()
        set.expectRecord(Schema.store, RecordKey.primaryKey, .absent)
        set.put(Schema.store, RecordKey.primaryKey, record: key.withUnsafeBytes { [UInt8]($0) })
        _ = try await writer.commit(set)
    }
}
