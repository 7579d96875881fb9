public import StorageEngine
import Synchronization

// A store that may be older than what its logs have signed must not sign on: that would be a second history beside the
// one that others hold. The engine notices such a store when it is opened; here the doubt is kept until it is settled.

extension CoreDirectory {
    /// The doubt that logs are in, where there is one that was not settled for all of them.
    public var doubt: DoubtRecord? {
        doubtRecord.withLock { $0 }.flatMap { $0.isOpen ? $0 : nil }
    }

    /// Takes over what the engine doubts. Called when a store was opened for writing, before any of its logs is.
    ///
    /// The doubt is on disk before the engine is told to forget it, so a crash in between raises it again.
    ///
    /// - Parameter isTrusted: whether the user knows that nothing is missing, which settles all doubts.
    public func takeOverDoubt(isTrusted: Bool = false) async throws {
        guard let writer else { return }
        let doubting = engine as? any DoubtingEngine
        let found = doubting?.historyDoubt
        var record = doubtRecord.withLock { $0 }
        if let found { record = try DoubtRecord(found, after: record) }
        if isTrusted { record?.settle() }
        try await store(record, with: writer)
        if found != nil { try doubting?.settleHistoryDoubt() }
    }

    /// Settles the doubt for all logs, those that are made later included.
    public func settleDoubt(with writer: GroupWriter) async throws {
        var record = doubtRecord.withLock { $0 }
        record?.settle()
        try await store(record, with: writer)
    }

    /// Brings a changed record to the disk, and goes by it from then on.
    private func store(_ record: DoubtRecord?, with writer: GroupWriter) async throws {
        guard let record, record != doubtRecord.withLock({ $0 }) else { return }
        var set = WriteSet()
        set.put(Schema.store, RecordKey.historyDoubt, record: record.encoded())
        _ = try await writer.commit(set)
        try await writer.flush()
        doubtRecord.withLock { $0 = record }
    }
}

extension StoredCore {
    /// Whether the log's history is in question, as it is stored.
    public func trust() throws -> TrustRecord {
        try engine.read { snapshot in
            try snapshot.withRecord(Schema.cores, RecordKey.record(number, .trust)) { try TrustRecord(decoding: $0) }
        } ?? TrustRecord()
    }

    /// The write set that changes what is stored of it; refused where the core is gone when its turn comes.
    public func writeSet(changingTrustTo record: TrustRecord) -> WriteSet {
        var set = WriteSet()
        set.expectRecord(Schema.cores, RecordKey.record(number, .identity), .prefix([]))
        set.put(Schema.cores, RecordKey.record(number, .trust), record: record.encoded())
        return set
    }
}
