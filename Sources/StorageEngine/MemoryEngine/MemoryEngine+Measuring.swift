extension MemoryEngine: MeasuringEngine {
    /// Nothing: there are no files.
    public func space() throws(StorageError) -> EngineSpace {
        try sync()
        return EngineSpace(fileByteCount: 0, freeByteCount: 0)
    }

    /// The bytes of the keys and values of `range`, `limit` records of it at most.
    public func measure(_ table: Table, _ range: KeyRange, limit: Int) throws(StorageError) -> RangeSpace {
        precondition(limit > 0, "\(limit) records are measured")
        var space = RangeSpace()
        try currentTables()[table.ordinal].scan(range, .ascending) { key, value in
            guard space.recordCount < limit else {
                space.nextKey = key.withUnsafeBytes { [UInt8]($0) }
                return .stop
            }
            space.recordCount += 1
            space.valueByteCount += UInt64(value.byteCount)
            space.storedByteCount += UInt64(key.byteCount + value.byteCount)
            return .next
        }
        return space
    }
}
