public import Hypercore
import HypercoreStorage
public import StorageEngine

/// What a store has done since it was opened, and what it is at.
public struct StoreStatistics: Equatable, Sendable {
    /// What has happened in its logs.
    public let logs: StoreCounters
    /// What was written; `nil` in a store that was opened read-only.
    public let writing: GroupWriterStatistics?
    /// Bytes that wait to be written.
    public let queuedByteCount: Int
    /// How many logs are open.
    public let openLogCount: Int
}

extension Corestore {
    /// What the store has done since it was opened, through any of its sessions. Costs the same however many logs it has; it
    /// can be asked for when the store is closed, too.
    public var statistics: StoreStatistics {
        let writer = root.directory.writer
        return StoreStatistics(
            logs: root.registry.counters, writing: writer?.statistics,
            queuedByteCount: writer?.queuedByteCount ?? 0, openLogCount: openLogCount)
    }
}
