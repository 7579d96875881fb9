import CRocksDB
import StorageEngine

/// Goes through the records of a range that is not empty.
struct RangeIterator: ~Copyable {
    private let path: String
    private let pointer: OpaquePointer?
    private let options: OpaquePointer?
    private let lower: Bound?
    private let upper: Bound?

    /// Iterates over a table.
    ///
    /// - Parameters:
    ///   - snapshot: what is seen; the newest state where it is `nil`.
    ///   - batch: writes that are seen before the stored records. It must not change as long as the iterator lives.
    init(
        _ database: Database, _ table: Table, _ range: KeyRange, snapshot: OpaquePointer? = nil,
        over batch: OpaquePointer? = nil
    ) {
        path = database.path
        lower = range.lower.map { Bound($0) }
        upper = range.upper.map { Bound($0) }
        options = rocksdb_readoptions_create()
        if let snapshot { rocksdb_readoptions_set_snapshot(options, snapshot) }
        // RocksDB would find the end by itself, but only behind all deleted records between the range and the next key.
        if let lower { rocksdb_readoptions_set_iterate_lower_bound(options, lower.characters, lower.bytes.count) }
        if let upper { rocksdb_readoptions_set_iterate_upper_bound(options, upper.characters, upper.bytes.count) }
        let family = database.family(table)
        let stored = rocksdb_create_iterator_cf(database.pointer, options, family)
        pointer =
            if let batch {
                // Takes the other iterator over.
                rocksdb_writebatch_wi_create_iterator_with_base_cf(batch, stored, family)
            } else {
                stored
            }
    }

    deinit {
        // It refers to all the others.
        rocksdb_iter_destroy(pointer)
        rocksdb_readoptions_destroy(options)
        lower?.deallocate()
        upper?.deallocate()
    }

    /// Visits keys and values in `order` until `body` says stop.
    func visit(_ order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep) throws(StorageError) {
        seek(order)
        while rocksdb_iter_valid(pointer) != 0, isInside(key, order) {
            let value = UnsafeRawBufferPointer { rocksdb_iter_value(pointer, $0) }
            guard body(key.bytes, value.bytes) == .next else { return }
            step(order)
        }
        try reporting("reading from \(path)") { rocksdb_iter_get_error(pointer, $0) }
    }
}

// MARK: - Moving

extension RangeIterator {
    private var key: UnsafeRawBufferPointer { UnsafeRawBufferPointer { rocksdb_iter_key(pointer, $0) } }

    private func seek(_ order: ScanOrder) {
        switch (order, lower, upper) {
        case (.ascending, let lower?, _): rocksdb_iter_seek(pointer, lower.characters, lower.bytes.count)
        case (.ascending, nil, _): rocksdb_iter_seek_to_first(pointer)
        case (.descending, _, nil): rocksdb_iter_seek_to_last(pointer)
        case (.descending, _, let upper?):
            rocksdb_iter_seek_for_prev(pointer, upper.characters, upper.bytes.count)
            // A write in the batch may be under the bound itself, which is not part of the range.
            if rocksdb_iter_valid(pointer) != 0, !key.precedes(upper.bytes) { rocksdb_iter_prev(pointer) }
        }
    }

    private func step(_ order: ScanOrder) {
        switch order {
        case .ascending: rocksdb_iter_next(pointer)
        case .descending: rocksdb_iter_prev(pointer)
        }
    }

    /// RocksDB keeps the bounds for what is stored, and not for what is in a batch.
    private func isInside(_ key: UnsafeRawBufferPointer, _ order: ScanOrder) -> Bool {
        switch order {
        case .ascending: upper.map { key.precedes($0.bytes) } ?? true
        case .descending: lower.map { !key.precedes($0.bytes) } ?? true
        }
    }
}

/// A bound at an address of its own: RocksDB keeps the address, not the bytes.
private struct Bound {
    let bytes: UnsafeRawBufferPointer
    /// Never null, even for no bytes.
    let characters: UnsafePointer<CChar>

    init(_ key: [UInt8]) {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, key.count))
        for (index, byte) in key.enumerated() { (copy + index).initialize(to: CChar(bitPattern: byte)) }
        characters = UnsafePointer(copy)
        bytes = UnsafeRawBufferPointer(start: copy, count: key.count)
    }

    func deallocate() { characters.deallocate() }
}

extension KeyRange {
    /// Whether no key can lie in the range, as RocksDB must not be told.
    var isEmpty: Bool {
        guard let upper else { return false }
        return !(lower ?? []).lexicographicallyPrecedes(upper)
    }
}
