import CRocksDB
import StorageEngine

/// The open write transaction: a batch with an index, through which it sees its own writes before the stored records.
final class WriteView: TransactionWriter {
    /// Lengths in a batch are 32 bits, and the C API passes over in silence what does not fit.
    private static let maximumValueLength = Int(UInt32.max)

    private let database: Database
    private let batch: OpaquePointer
    /// Without a snapshot: nobody else writes, so what is stored stays as it is.
    private let options: OpaquePointer?

    init(_ database: Database) {
        self.database = database
        // The index keeps the last write of each key only; that is what merging it with stored records requires.
        guard let batch = rocksdb_writebatch_wi_create(0, 1) else { preconditionFailure("no memory for a batch") }
        self.batch = batch
        options = rocksdb_readoptions_create()
    }

    deinit {
        rocksdb_readoptions_destroy(options)
        rocksdb_writebatch_wi_destroy(batch)
    }

    /// Commits what was written. The transaction is over then.
    func commit(_ durability: Durability) throws(StorageError) {
        try database.commit(batch, durability)
    }
}

// MARK: - Reading

extension WriteView {
    func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
        try database.checkLength(key)
        let family = database.family(table)
        var count = 0
        let value = try reporting("reading from \(database.path)") { failure in
            key.withCharacters {
                rocksdb_writebatch_wi_get_from_batch_and_db_cf(
                    batch, database.pointer, options, family, $0, $1, &count, failure)
            }
        }
        guard let value else { return }
        defer { rocksdb_free(value) }
        body(UnsafeRawBufferPointer(start: value, count: count).bytes)
    }

    func scan(
        _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
    ) throws(StorageError) {
        guard !range.isEmpty else { return }
        try RangeIterator(database, table, range, over: batch).visit(order, body)
    }
}

// MARK: - Writing

extension WriteView {
    func put(_ table: Table, key: RawSpan, value: RawSpan) throws(StorageError) {
        try database.checkLength(key)
        guard value.byteCount <= Self.maximumValueLength else {
            throw StorageError(
                .invalidArgument,
                "a value is at most \(Self.maximumValueLength) bytes, and this one is \(value.byteCount)")
        }
        key.withCharacters { key, keyCount in
            value.withCharacters { value, valueCount in
                rocksdb_writebatch_wi_put_cf(batch, database.family(table), key, keyCount, value, valueCount)
            }
        }
    }

    func delete(_ table: Table, key: RawSpan) throws(StorageError) {
        try database.checkLength(key)
        key.withCharacters { rocksdb_writebatch_wi_delete_cf(batch, database.family(table), $0, $1) }
    }

    /// Key by key, because an index cannot hold a deleted range. The keys are gathered first: an iterator over the batch
    /// does not bear that the batch changes.
    func delete(_ table: Table, _ range: KeyRange) throws(StorageError) {
        var keys: [[UInt8]] = []
        try scan(table, range, order: .ascending) { key, _ in
            keys.append(key.withUnsafeBytes { [UInt8]($0) })
            return .next
        }
        for key in keys { try delete(table, key: key.span.bytes) }
    }
}
