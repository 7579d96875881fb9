import CCorestoreLMDB
public import StorageEngine

extension LMDBEngine: MeasuringEngine {
    /// The space that the store's file takes now. Reads the list of free pages, so it takes a while in a large store.
    public func space() throws(StorageError) -> EngineSpace {
        let statistics = try statistics()
        return EngineSpace(
            fileByteCount: UInt64(statistics.fileByteCount),
            freeByteCount: UInt64(statistics.freePageCount * statistics.pageByteCount))
    }

    /// The space that the records of `range` take, `limit` of them at most; see `MeasuringEngine`.
    ///
    /// Nothing is decompressed, and values on pages of their own are not read: only in a store that has compressed ones,
    /// the first page of each.
    ///
    /// - Throws: also `.corrupt` where a value has no size that can be told.
    public func measure(_ table: Table, _ range: KeyRange, limit: Int) throws(StorageError) -> RangeSpace {
        precondition(limit > 0, "\(limit) records are measured")
        return try withView { view throws(StorageError) in try view.measure(table, range, limit: limit) }
    }
}

extension ReadView {
    fileprivate func measure(_ table: Table, _ range: KeyRange, limit: Int) throws(StorageError) -> RangeSpace {
        var space = RangeSpace()
        guard let handle = transaction.environment.handle(table) else { return space }
        let hasCompressed = try hasCompressedValues()
        let cursor = try transaction.openCursor(handle)
        defer { mdb_cursor_close(cursor) }
        var record = try transaction.first(cursor, range, .ascending)
        while let (key, stored) = record, transaction.isInside(key, range, .ascending) {
            guard space.recordCount < limit else {
                space.nextKey = [UInt8](key)
                return space
            }
            space.recordCount += 1
            space.storedByteCount += UInt64(key.count + stored.count)
            space.valueByteCount += try valueByteCount(table, key, stored, mayBeCompressed: hasCompressed)
            record = try transaction.move(cursor, MDB_NEXT)
        }
        return space
    }

    /// Whether any value of this store was ever stored compressed.
    private func hasCompressedValues() throws(StorageError) -> Bool {
        let record = try FormatRecord.read(transaction.pointer, path: transaction.environment.path)
        return (record?.features ?? 0) & FormatRecord.compressedValues != 0
    }

    private func valueByteCount(
        _ table: Table, _ key: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer, mayBeCompressed: Bool
    ) throws(StorageError) -> UInt64 {
        guard mayBeCompressed else { return UInt64(max(stored.count - StoredValue.headerByteCount, 0)) }
        do throws(UnreadableValue) {
            return try StoredValue.byteCount(in: stored)
        } catch {
            throw error.error(table, key: key.bytes, path: transaction.environment.path)
        }
    }
}
