import CompactEncoding
import StorageEngine

extension StorageEngine {
    /// The space that the records of `range` take, `limit` of them at most.
    ///
    /// Where the engine does not measure, the values are read for it, and what is stored is taken for what is read.
    func measuring(_ table: Table, _ range: KeyRange, limit: Int) throws -> RangeSpace {
        if let engine = self as? any MeasuringEngine { return try engine.measure(table, range, limit: limit) }
        var space = RangeSpace()
        try read { snapshot in
            try snapshot.scan(table, range) { key, value in
                guard space.recordCount < limit else {
                    space.nextKey = [UInt8](copying: key)
                    return .stop
                }
                space.recordCount += 1
                space.valueByteCount += UInt64(value.byteCount)
                space.storedByteCount += UInt64(key.byteCount + value.byteCount)
                return .next
            }
        }
        return space
    }
}
