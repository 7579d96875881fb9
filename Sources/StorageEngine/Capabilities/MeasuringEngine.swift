/// An engine that can say how much space it takes.
public protocol MeasuringEngine: StorageEngine {
    /// The space that the store's files take now.
    ///
    /// - Throws: `.closed`, `.suspended`, `.inputOutput`.
    func space() throws(StorageError) -> EngineSpace

    /// The space that the records of `range` take, `limit` of them at most, in the order of their keys.
    ///
    /// A large range is measured in several calls, so that no snapshot lasts as long as all of it takes.
    ///
    /// - Throws: as ``space()``; `.corrupt` where the size of a value cannot be told.
    func measure(_ table: Table, _ range: KeyRange, limit: Int) throws(StorageError) -> RangeSpace
}

/// The space that a store takes on the disk.
public struct EngineSpace: Sendable, Hashable {
    /// The length of the store's files in bytes.
    public var fileByteCount: UInt64
    /// Bytes of the files that hold nothing and will be used again.
    public var freeByteCount: UInt64

    /// A measurement.
    public init(fileByteCount: UInt64, freeByteCount: UInt64) {
        self.fileByteCount = fileByteCount
        self.freeByteCount = freeByteCount
    }
}

/// The space that some records take.
public struct RangeSpace: Sendable, Hashable {
    /// How many records there are.
    public var recordCount: UInt64
    /// The bytes of their values, as they are read.
    public var valueByteCount: UInt64
    /// The bytes of their keys and values as they are stored: compressed ones are shorter.
    public var storedByteCount: UInt64
    /// Where to go on; `nil` where the range was measured to its end.
    public var nextKey: [UInt8]?

    /// A measurement.
    public init(
        recordCount: UInt64 = 0, valueByteCount: UInt64 = 0, storedByteCount: UInt64 = 0, nextKey: [UInt8]? = nil
    ) {
        self.recordCount = recordCount
        self.valueByteCount = valueByteCount
        self.storedByteCount = storedByteCount
        self.nextKey = nextKey
    }
}
