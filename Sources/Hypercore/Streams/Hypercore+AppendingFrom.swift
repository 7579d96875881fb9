extension Hypercore {
    /// Appends all blocks of a sequence, in order, as they come.
    ///
    /// While one batch of blocks is committed the next gathers, up to some 4 MiB; then the sequence is not asked for more.
    /// So each append makes as many blocks durable as there are, and memory stays bounded however long the sequence.
    ///
    /// ```swift
    /// try await copy.append(from: log.blocks())
    /// ```
    ///
    /// Where it ends early, what was appended so far stays: ``length`` says how much that is. After an error of the
    /// sequence, the blocks that came before it are appended first.
    ///
    /// - Returns: where the log stands after the last block, or now, where there was none.
    /// - Throws: what the sequence throws; as ``append(_:maxLength:)``; `CancellationError`.
    @discardableResult
    public func append<Blocks: AsyncSequence & Sendable>(from blocks: Blocks) async throws -> AppendResult
    where Blocks.Element == [UInt8] {
        try await append(from: blocks) { $0 }
    }

    /// Appends what `encode` makes of each element of a sequence.
    func append<Values: AsyncSequence & Sendable>(
        from values: Values, encode: @escaping @Sendable (Values.Element) throws -> [UInt8]
    ) async throws -> AppendResult {
        // Of nothing, which refuses where nothing could be appended, before anything is taken from the sequence.
        var result = try await append(contentsOf: EmptyCollection())
        let intake = BlockIntake()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    for try await value in values { try await intake.give(encode(value)) }
                    intake.finish(.success(()))
                } catch {
                    intake.finish(.failure(error))
                }
            }
            // Where appending fails, the sequence is read no further.
            defer { group.cancelAll() }
            while let batch = try await intake.take() { result = try await append(contentsOf: batch) }
            return result
        }
    }
}
