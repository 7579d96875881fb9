import Foundation
import Synchronization

extension Thread {
    /// Starts a thread that runs `body`.
    static func result<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) -> ThreadResult<Value> {
        let result = ThreadResult<Value>()
        Thread { result.settle(Result { try body() }) }.start()
        return result
    }
}

/// What a thread comes to.
final class ThreadResult<Value: Sendable>: Sendable {
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    private let isSettled = DispatchSemaphore(value: 0)

    fileprivate func settle(_ result: Result<Value, any Error>) {
        outcome.withLock { $0 = result }
        isSettled.signal()
    }

    /// Blocks until the thread is done. Call it once.
    func wait() throws -> Value {
        isSettled.wait()
        guard let outcome = outcome.withLock({ $0 }) else { preconditionFailure("a thread ended without a result") }
        return try outcome.get()
    }
}
