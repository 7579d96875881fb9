/// What a read of a ``MemoryEngine`` sees.
final class MemoryView: SnapshotReader {
    private let tables: [SortedRecords]
    private let maximumKeyLength: Int

    init(_ tables: [SortedRecords], maximumKeyLength: Int) {
        self.tables = tables
        self.maximumKeyLength = maximumKeyLength
    }

    func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
        try key.checkLength(atMost: maximumKeyLength)
        tables[table.ordinal].withValue(key, body)
    }

    func scan(
        _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
    ) throws(StorageError) {
        tables[table.ordinal].scan(range, order, body)
    }
}

/// The open write transaction of a ``MemoryEngine``: a copy of the tables that becomes the engine's own on commit.
final class MemoryDraft: TransactionWriter {
    private(set) var tables: [SortedRecords]
    private let maximumKeyLength: Int

    init(_ tables: [SortedRecords], maximumKeyLength: Int) {
        self.tables = tables
        self.maximumKeyLength = maximumKeyLength
    }

    func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
        try key.checkLength(atMost: maximumKeyLength)
        tables[table.ordinal].withValue(key, body)
    }

    func scan(
        _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
    ) throws(StorageError) {
        tables[table.ordinal].scan(range, order, body)
    }

    func put(_ table: Table, key: RawSpan, value: RawSpan) throws(StorageError) {
        try key.checkLength(atMost: maximumKeyLength)
        tables[table.ordinal].put(key, value)
    }

    func delete(_ table: Table, key: RawSpan) throws(StorageError) {
        try key.checkLength(atMost: maximumKeyLength)
        tables[table.ordinal].remove(key)
    }

    func delete(_ table: Table, _ range: KeyRange) throws(StorageError) {
        tables[table.ordinal].remove(range)
    }
}

extension RawSpan {
    fileprivate func checkLength(atMost maximum: Int) throws(StorageError) {
        guard byteCount < 1 || byteCount > maximum else { return }
        throw StorageError(.invalidArgument, "a key is 1 to \(maximum) bytes, and this one is \(byteCount)")
    }
}
