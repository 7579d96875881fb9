import CompactEncoding
public import StorageEngine

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

extension CoreDirectory {
    /// The kinds of records that are measured apart.
    public enum MeasuredPart: CaseIterable, Sendable {
        case blocks, tree, bitfield, records
    }

    /// Records that are to be measured.
    public struct MeasuredRange: Sendable {
        fileprivate let table: Table
        fileprivate var range: KeyRange

        /// What is left when a front part of it was measured; `nil` at its end.
        public func rest(after space: RangeSpace) -> MeasuredRange? {
            space.nextKey.map { MeasuredRange(table: table, range: KeyRange(lower: $0, upper: range.upper)) }
        }
    }

    /// The records of one kind that `core` has, or all cores.
    public func range(of part: MeasuredPart, _ core: StoredCore?) -> MeasuredRange {
        let log = core.map { LogKey.all(of: $0.number) } ?? KeyRange()
        return switch part {
        case .blocks: MeasuredRange(table: Schema.blocks, range: log)
        case .tree: MeasuredRange(table: Schema.tree, range: log)
        case .bitfield: MeasuredRange(table: Schema.bitfield, range: log)
        case .records:
            MeasuredRange(
                table: Schema.cores, range: core.map { RecordKey.records(of: $0.number) } ?? KeyRange())
        }
    }

    /// Measures the front part of `range`, `limit` records at most.
    public func measure(_ range: MeasuredRange, limit: Int) throws -> RangeSpace {
        try engine.measuring(range.table, range.range, limit: limit)
    }
}
