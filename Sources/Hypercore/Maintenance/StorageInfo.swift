import StorageEngine

/// What a log, or all logs of a store, take in storage.
public struct StorageInfo: Hashable, Sendable {
    /// Records of one kind.
    public struct Space: Hashable, Sendable {
        /// How many records there are.
        public var recordCount: UInt64 = 0
        /// Their bytes before compression, without keys.
        public var byteCount: UInt64 = 0
        /// Their bytes as they are stored, with keys.
        public var storedByteCount: UInt64 = 0
    }

    /// The blocks; among them those that were cut off and not swept yet.
    public var blocks = Space()
    /// The nodes of the trees.
    public var tree = Space()
    /// Heads, identities, user data, and which blocks are here.
    public var other = Space()

    /// What one byte of block takes in storage: below 1 where compression pays. `nil` where there are no blocks.
    public var blockRatio: Double? {
        blocks.byteCount == 0 ? nil : Double(blocks.storedByteCount) / Double(blocks.byteCount)
    }

    /// Creates the information of an empty store.
    public init() {}
}

extension StorageInfo.Space {
    mutating func add(_ space: RangeSpace) {
        recordCount += space.recordCount
        byteCount += space.valueByteCount
        storedByteCount += space.storedByteCount
    }
}
