/// The blocks of a workload, batch by batch, in arrays that are used again: a contender that lets go of a batch before it
/// asks for the next makes nobody allocate while the clock runs.
public struct BlockBatches: Sendable {
    private let pattern: BlockPattern
    private let blockCount: Int
    private var batch: [[UInt8]]
    private var first = 0

    /// Prepares the first batch.
    public init(_ workload: Workload) {
        pattern = BlockPattern(length: workload.blockLength)
        blockCount = workload.blockCount
        batch = (0..<workload.batchLength).map(pattern.block(at:))
    }

    /// The next batch; the last one may be shorter. `nil` when all blocks have been given out.
    public mutating func next() -> [[UInt8]]? {
        guard first < blockCount else { return nil }
        let count = min(batch.count, blockCount - first)
        batch.removeLast(batch.count - count)
        pattern.restamp(&batch, from: first)
        first += count
        return batch
    }
}
