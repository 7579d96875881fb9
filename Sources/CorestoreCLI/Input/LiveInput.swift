import Dispatch

/// An input that may stay silent for hours: read on a thread of its own, so that waiting for it can be cancelled.
enum LiveInput {
    /// Hands each batch of `source` to `body`, until the input ends or the task is cancelled. The next batch is read
    /// while `body` handles one, and not before.
    ///
    /// A cancelled call leaves its thread behind, waiting for input; only a program that is about to end may cancel it.
    static func forEachBatch(
        of source: BlockSource, _ body: ([[UInt8]]) async throws -> Void
    ) async throws {
        let handled = DispatchSemaphore(value: 1)
        let batches = AsyncThrowingStream { continuation in
            DispatchQueue(label: "corestore.input").async {
                var source = source
                do {
                    while let batch = try source.nextBatch() {
                        handled.wait()
                        continuation.yield(batch)
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
        }
        for try await batch in batches {
            try await body(batch)
            handled.signal()
        }
    }
}
