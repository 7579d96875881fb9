import Dispatch

/// An input that may stay silent for hours: read on a thread of its own, so that waiting for it can be cancelled.
enum LiveInput {
    /// Hands each batch of blocks to `body`, one after the other, until the input ends or the task is cancelled.
    ///
    /// Nothing that was read is lost: a cancelled call reads no more, but `body` goes on with the batch that it has, and
    /// is not cancelled itself.
    static func forEachBatch(
        of input: Descriptor, cutting rule: BlockCutter.Rule,
        _ body: @escaping @Sendable ([[UInt8]]) async throws -> Void
    ) async throws {
        let wakeup = try Wakeup()
        let work = Task {
            var source = BlockSource(input, cutting: rule, until: wakeup)
            while true {
                let (batch, rest) = try await nextBatch(of: source)
                guard let batch else { return }
                try await body(batch)
                source = rest
            }
        }
        try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            wakeup.wake()
        }
    }

    /// - Returns: the batch, `nil` at the end, and the source after it.
    private static func nextBatch(of source: BlockSource) async throws -> (batch: [[UInt8]]?, rest: BlockSource) {
        try await onThread {
            var source = source
            let batch = try source.nextBatch()
            return (batch, source)
        }
    }

    /// Runs `body`, which may wait for as long as it likes, on a thread that is not one of the concurrency runtime.
    static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try body() })
            }
        }
    }
}
