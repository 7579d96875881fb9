/// An engine that can say how much space it takes.
public protocol MeasuringEngine: StorageEngine {
    /// The space that the store takes now.
    ///
    /// - Throws: `.closed`, `.suspended`, `.inputOutput`.
    func space() throws(StorageError) -> EngineSpace
}

/// The space that a store takes on the disk.
public struct EngineSpace: Sendable, Hashable {
    /// The length of the store's files in bytes.
    public var fileByteCount: UInt64
    /// Bytes of the files that hold nothing and will be used again.
    public var freeByteCount: UInt64
    /// What was compressed since the engine was opened; `nil` where it does not compress.
    public var compression: CompressionCounts?

    /// A measurement.
    public init(fileByteCount: UInt64, freeByteCount: UInt64, compression: CompressionCounts? = nil) {
        self.fileByteCount = fileByteCount
        self.freeByteCount = freeByteCount
        self.compression = compression
    }
}

/// What became of values that were offered to compression.
public struct CompressionCounts: Sendable, Hashable {
    /// The bytes of the values before.
    public var originalByteCount: UInt64
    /// The bytes of the values as they were stored, compressed or not.
    public var storedByteCount: UInt64

    /// Counts.
    public init(originalByteCount: UInt64 = 0, storedByteCount: UInt64 = 0) {
        self.originalByteCount = originalByteCount
        self.storedByteCount = storedByteCount
    }
}
