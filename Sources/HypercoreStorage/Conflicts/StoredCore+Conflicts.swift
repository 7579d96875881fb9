public import StorageEngine

extension StoredCore {
    /// The proof that there are two signed histories of the log; `nil` where none is known.
    public func conflict() throws -> ConflictRecord? {
        try engine.read { snapshot in
            try snapshot.withRecord(Schema.cores, RecordKey.record(number, .conflict)) {
                try ConflictRecord(decoding: $0)
            }
        }
    }

    /// The write set that keeps it; refused where the core is gone when its turn comes.
    public func writeSet(keeping conflict: ConflictRecord) -> WriteSet {
        var set = WriteSet()
        set.expectRecord(Schema.cores, RecordKey.record(number, .identity), .prefix([]))
        set.put(Schema.cores, RecordKey.record(number, .conflict), record: conflict.encoded())
        return set
    }
}
