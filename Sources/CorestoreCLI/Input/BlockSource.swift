/// Reads blocks from a file or pipe, a batch at a time, in bounded memory.
struct BlockSource {
    /// A batch is appended in one commit: large enough that a commit costs little, small enough to hold in memory.
    private static let batchByteLimit = 16 << 20
    private static let batchBlockLimit = 16_384
    private static let pieceByteCount = 1 << 20

    private let input: Descriptor
    private var cutter: BlockCutter
    private let wakeup: Wakeup?
    private var isAtEnd = false

    /// - Parameter wakeup: ends the source early, between two blocks.
    init(_ input: Descriptor, cutting rule: BlockCutter.Rule, until wakeup: Wakeup? = nil) {
        self.input = input
        self.wakeup = wakeup
        cutter = BlockCutter(rule)
    }

    /// The next blocks: as many as a batch holds, or as can be read without waiting for more. `nil` at the end.
    mutating func nextBatch() throws(Failure) -> [[UInt8]]? {
        var batch: [[UInt8]] = []
        var byteCount = 0
        while !isAtEnd {
            // A block that has only begun is dropped: what follows of it will not be read either.
            if batch.isEmpty, let wakeup, !wakeup.waits(for: input) { return nil }
            let piece = try input.read(upTo: Self.pieceByteCount)
            byteCount += piece.count
            if piece.isEmpty {
                isAtEnd = true
                cutter.finish(to: &batch)
            } else {
                try cutter.add(piece, to: &batch)
            }
            let isFull = byteCount >= Self.batchByteLimit || batch.count >= Self.batchBlockLimit
            if !batch.isEmpty, isFull || isAtEnd || !input.hasBytesWaiting { return batch }
        }
        return nil
    }
}
