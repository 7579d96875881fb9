import CRocksDB
import StorageEngine

/// A snapshot, shared by all reads between two commits. It is released with the last of them.
///
/// `@unchecked Sendable`: the pointers never change, and RocksDB lets many threads read through one snapshot and one set
/// of read options.
final class ReadView: SnapshotReader, @unchecked Sendable {
    private let database: Database
    private let snapshot: OpaquePointer?
    private let options: OpaquePointer?

    /// Takes a snapshot of what is committed now.
    init(_ database: Database) {
        self.database = database
        snapshot = rocksdb_create_snapshot(database.pointer)
        options = rocksdb_readoptions_create()
        rocksdb_readoptions_set_snapshot(options, snapshot)
    }

    deinit {
        rocksdb_readoptions_destroy(options)
        rocksdb_release_snapshot(database.pointer, snapshot)
    }

    func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
        try database.checkLength(key)
        let family = database.family(table)
        // Pinned: borrowed from RocksDB's cache or memtable, and not copied.
        let value = try reporting("reading from \(database.path)") { failure in
            key.withCharacters { rocksdb_get_pinned_cf(database.pointer, options, family, $0, $1, failure) }
        }
        guard let value else { return }
        defer { rocksdb_pinnableslice_destroy(value) }
        body(UnsafeRawBufferPointer { rocksdb_pinnableslice_value(value, $0) }.bytes)
    }

    func scan(
        _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
    ) throws(StorageError) {
        guard !range.isEmpty else { return }
        try RangeIterator(database, table, range, snapshot: snapshot).visit(order, body)
    }
}
