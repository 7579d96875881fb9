public import Hypercore

/// What a store takes on the disk.
public struct StoreStorageInfo: Hashable, Sendable {
    /// What its logs take.
    public let logs: StorageInfo
    /// The length of the store's files in bytes.
    public let fileByteCount: UInt64
    /// Bytes of the files that hold nothing and will be used again; ``Corestore/compact(progress:)`` gives them back.
    public let freeByteCount: UInt64
}
