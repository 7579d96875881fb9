import StorageEngine
import Synchronization

/// Runs work that asks again and again whether it is to give up, which it is once the task is cancelled.
///
/// - Throws: `CancellationError` where the work gave up for that reason (`StorageError`'s `.cancelled`).
func cancellable<Value>(
    _ body: (_ isCancelled: @escaping @Sendable () -> Bool) async throws -> Value
) async throws -> Value {
    let isCancelled = CancellationMark()
    return try await withTaskCancellationHandler {
        do {
            return try await body { isCancelled.isSet }
        } catch let error as StorageError where error.code == .cancelled {
            throw CancellationError()
        }
    } onCancel: {
        isCancelled.set()
    }
}

/// Whether a task was cancelled, for those who are not part of it.
private final class CancellationMark: Sendable {
    private let mark = Atomic(false)

    var isSet: Bool { mark.load(ordering: .relaxed) }

    func set() { mark.store(true, ordering: .relaxed) }
}
