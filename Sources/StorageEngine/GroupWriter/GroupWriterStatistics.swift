/// What a ``GroupWriter`` has done since it was created.
public struct GroupWriterStatistics: Sendable, Equatable {
    /// Transactions that were committed.
    public internal(set) var transactions: UInt64 = 0
    /// Times that the engine brought something to the disk: one a `.full` transaction, one a group with a flush.
    public internal(set) var syncs: UInt64 = 0
    /// Write sets that were committed.
    public internal(set) var sets: UInt64 = 0
    /// Write sets that were refused because an expectation did not hold.
    public internal(set) var conflicts: UInt64 = 0
    /// Write sets that failed for any other reason.
    public internal(set) var failures: UInt64 = 0
    /// Records that committed transactions put: plain puts, merges, and seals.
    public internal(set) var recordsPut: UInt64 = 0
    /// Bytes of the keys and values of those records.
    public internal(set) var bytesPut: UInt64 = 0
}

extension GroupWriterStatistics {
    mutating func add(_ other: GroupWriterStatistics) {
        transactions += other.transactions
        syncs += other.syncs
        sets += other.sets
        conflicts += other.conflicts
        failures += other.failures
        recordsPut += other.recordsPut
        bytesPut += other.bytesPut
    }
}
