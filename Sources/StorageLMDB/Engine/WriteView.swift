import CCorestoreLMDB
import StorageEngine
import Zstandard

/// The open write transaction, for as long as its body runs.
final class WriteView: TransactionWriter {
    private let transaction: OpenTransaction
    /// The first write that LMDB refused, whatever the body made of it.
    private(set) var failure: LMDBStatus?
    /// By ordinal, opened at a table's first use. LMDB closes them with the transaction.
    private var cursors: [OpaquePointer?] = []
    /// Lent by the environment from the first value on that may be compressed.
    private var packer: ValuePacker?
    /// Whether the format record of this transaction names the feature of compressed values.
    private var isFeatureNamed = false

    init(_ transaction: OpenTransaction) {
        self.transaction = transaction
    }

    deinit {
        if let packer { transaction.environment.packing.giveBack(packer) }
    }

    func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
        // By the cursor that writes: what is read here is written next, or lies beside that.
        let stored = try transaction.stored(key, by: try writingCursor(table))
        if let stored { try transaction.withValue(stored, of: key, table, body) }
    }

    func scan(
        _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
    ) throws(StorageError) {
        try transaction.scan(table, range, order, body)
    }

    func put(_ table: Table, key: RawSpan, value: RawSpan) throws(StorageError) {
        try transaction.environment.checkKeyLength(key)
        guard let packer = packer(table, value), packer.pack(value, keyByteCount: key.byteCount) else {
            return try put(table, key, .plain, value)
        }
        try nameFeature()
        try put(table, key, .zstd, packer.compressor.output)
    }

    private func put(
        _ table: Table, _ key: RawSpan, _ form: StoredValue.Form, _ value: RawSpan
    ) throws(StorageError) {
        let cursor = try writingCursor(table)
        // LMDB reserves the space and the value is copied once, behind its tag.
        var stored = MDB_val(mv_size: StoredValue.headerByteCount + value.byteCount, mv_data: nil)
        let status = key.withMDBValue { key in
            LMDBStatus(mdb_cursor_put(cursor, &key, &stored, UInt32(MDB_RESERVE)))
        }
        try check(status)
        value.withUnsafeBytes { StoredValue.write(form, $0, to: stored.mv_data) }
    }

    func delete(_ table: Table, key: RawSpan) throws(StorageError) {
        try transaction.environment.checkKeyLength(key)
        let handle = transaction.environment.writableHandle(table)
        let status = key.withMDBValue { key in LMDBStatus(mdb_del(transaction.pointer, handle, &key, nil)) }
        if status.rawValue != MDB_NOTFOUND { try check(status) }
    }

    func delete(_ table: Table, _ range: KeyRange) throws(StorageError) {
        let cursor = try transaction.openCursor(transaction.environment.writableHandle(table))
        defer { mdb_cursor_close(cursor) }
        var record = try transaction.first(cursor, range, .ascending)
        while let (key, _) = record, transaction.isInside(key, range, .ascending) {
            try check(LMDBStatus(mdb_cursor_del(cursor, 0)))
            // The cursor stands on what came after the deleted record, and LMDB's "next" does not skip that.
            record = try transaction.move(cursor, MDB_NEXT)
        }
    }

    /// A cursor that stays where it was last: the next key is mostly on the same page, and then LMDB does not
    /// search from the root.
    private func writingCursor(_ table: Table) throws(StorageError) -> OpaquePointer {
        if !cursors.isEmpty, let cursor = cursors[table.ordinal] { return cursor }
        if cursors.isEmpty { cursors = Array(repeating: nil, count: transaction.environment.tableCount) }
        let cursor = try transaction.openCursor(transaction.environment.writableHandle(table))
        cursors[table.ordinal] = cursor
        return cursor
    }

    /// What tries to compress the value, where that is wanted.
    private func packer(_ table: Table, _ value: RawSpan) -> ValuePacker? {
        guard table.isWorthCompressing, ValuePacker.byteCounts.contains(value.byteCount) else { return nil }
        if packer == nil { packer = transaction.environment.packing.lend() }
        return packer
    }

    /// Names the feature in the format record before this transaction stores its first compressed value.
    private func nameFeature() throws(StorageError) {
        guard !isFeatureNamed else { return }
        let path = transaction.environment.path
        let record = try FormatRecord.read(transaction.pointer, path: path) ?? .current
        let features = record.features | FormatRecord.compressedValues
        if features != record.features {
            let record = FormatRecord(version: record.version, features: features)
            try check(try record.put(transaction.pointer, path: path))
        }
        isFeatureNamed = true
    }

    private func check(_ status: LMDBStatus) throws(StorageError) {
        if !status.isSuccess, failure == nil { failure = status }
        try status.check("writing to \(transaction.environment.path)")
    }
}
