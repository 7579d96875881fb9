import Synchronization

/// What resumes a task that waited; called without any lock.
typealias Wake = @Sendable () -> Void

/// A value that comes once, for any number of tasks to wait for.
final class OnceSignal<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [UInt64: CheckedContinuation<Value, any Error>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The value, once it has come.
    var value: Value? { state.withLock { $0.value } }

    /// Waits for the value, also where the task is cancelled; returns at once if it has come.
    func wait() async -> Value {
        do {
            return try await withCheckedThrowingContinuation { add($0) }
        } catch {
            preconditionFailure("a wait that nobody can cancel was cancelled: \(error)")
        }
    }

    /// Waits for the value; `CancellationError` where the task is cancelled before it comes.
    func waitUnlessCancelled() async throws -> Value {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { add($0, cancelledBy: id) }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    /// - Parameter id: names the waiter that a cancellation takes out; `nil` where none can.
    private func add(_ continuation: CheckedContinuation<Value, any Error>, cancelledBy id: UInt64? = nil) {
        let result: Result<Value, any Error>? = state.withLock { state in
            if let value = state.value { return .success(value) }
            if id != nil, Task.isCancelled { return .failure(CancellationError()) }
            if id == nil { state.nextWaiter += 1 }
            state.waiters[id ?? state.nextWaiter] = continuation
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    /// States the value, the first time that it is called, and resumes who waits.
    func signal(_ value: Value) {
        settle(value)?()
    }

    /// States the value, the first time that it is called.
    ///
    /// - Returns: what resumes those who wait, to be called without any lock; `nil` where nobody does.
    func settle(_ value: Value) -> Wake? {
        let waiters = state.withLock { state in
            guard state.value == nil else { return [CheckedContinuation<Value, any Error>]() }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        guard !waiters.isEmpty else { return nil }
        return { for waiter in waiters { waiter.resume(returning: value) } }
    }
}
