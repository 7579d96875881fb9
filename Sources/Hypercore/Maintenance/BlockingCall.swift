import Dispatch

/// Runs `body`, which may block for as long as it likes, on a thread that is not one of the concurrency runtime.
package func blockingCall<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global(qos: .utility).async {
            continuation.resume(with: Result { try body() })
        }
    }
}
