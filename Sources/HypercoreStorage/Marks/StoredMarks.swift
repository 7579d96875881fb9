public import Bitfield
public import StorageEngine

extension StoredCore {
    /// Whether blocks are being marked, as it is stored; `nil` where they are not.
    public func marks() throws -> MarkRecord? {
        try engine.read { snapshot in
            try snapshot.withRecord(Schema.cores, RecordKey.record(number, .marks)) { try MarkRecord(decoding: $0) }
        }
    }

    /// The write set that begins to mark, with no block marked; refused where the core is gone when its turn comes.
    public func writeSet(beginningMarks record: MarkRecord) -> WriteSet {
        var set = WriteSet()
        set.expectRecord(Schema.cores, RecordKey.record(number, .identity), .prefix([]))
        set.put(Schema.cores, RecordKey.record(number, .marks), record: record.encoded())
        set.delete(Schema.bitfield, LogKey.pages(of: number, .marks))
        return set
    }

    /// The write set that adds marks to those that are stored; refused unless they are still of this run.
    public func writeSet(addingMarks pages: [(index: UInt64, page: BitfieldPage)], run: UInt64) -> WriteSet {
        var set = WriteSet()
        set.expectRecord(Schema.cores, RecordKey.record(number, .marks), .prefix(MarkRecord.prefix(run: run)))
        for (index, page) in pages {
            LogKey(number, page: index, of: .marks).withBytes { key in
                // Always the long form of a page: the short one cannot be added to.
                set.merge(Schema.bitfield, key: key, operand: page.bytes[...], .bitwiseOr)
            }
        }
        return set
    }

    /// The write set that ends marking and forgets all marks; refused unless they are still of this run.
    public func writeSet(endingMarks run: UInt64) -> WriteSet {
        var set = WriteSet()
        let key = RecordKey.record(number, .marks)
        set.expectRecord(Schema.cores, key, .prefix(MarkRecord.prefix(run: run)))
        set.removeRecord(Schema.cores, key)
        set.delete(Schema.bitfield, LogKey.pages(of: number, .marks))
        return set
    }
}

extension CoreWrite {
    /// Stores from where on blocks count as marked, in the run that goes on.
    public mutating func put(marks: MarkRecord) {
        set.put(Schema.cores, RecordKey.record(core, .marks), record: marks.encoded())
    }
}
