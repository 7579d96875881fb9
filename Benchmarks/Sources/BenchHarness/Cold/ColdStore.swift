/// A store of which nothing is cached, and hardly anything can be: for as long as this lives, this process may hold an
/// eighth of what the workload's blocks have bytes.
///
/// Where the process may not be bound (that takes root), the store is only cold to begin with, and a warning says so.
public struct ColdStore: ~Copyable {
    private let group: MemoryGroup?

    /// Drops what is cached of the store in `directory`, which nobody has open, and bounds this process.
    public init(at directory: String, _ workload: Workload) throws {
        try PageCache.drop(directory)
        group = MemoryGroup(byteCount: max(workload.blockCount * workload.blockLength / 8, Self.leastByteCount))
        if group == nil {
            // A warning that cannot be written is no reason not to measure.
            try? StandardError.print(
                "corestore-bench: no control group could be made (root can), so the store is only cold to begin with")
        }
    }

    /// Less would not hold the program itself.
    private static let leastByteCount = 32 << 20

    /// Ends it.
    public consuming func end() {}
}
