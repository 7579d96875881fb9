import Synchronization

/// A signature that is waited for: what settles it first counts, be it the signer, the deadline or the end of the log.
///
/// The signer runs in a task of its own, because it is somebody else's code: it may ignore that it is cancelled, and a
/// task group would wait for it all the same. Whatever it answers too late is thrown away.
final class PendingSignature: Sendable {
    private struct State {
        var result: Result<[UInt8], any Error>?
        var waiter: CheckedContinuation<[UInt8], any Error>?
    }

    private let state = Mutex(State())

    /// Asks for the signature, and returns what came of it.
    ///
    /// - Parameters:
    ///   - late: what is thrown when the deadline has passed.
    ///   - sign: makes the signature; cancelled where it is no longer wanted.
    func value(
        before deadline: SigningDeadline, late: any Error, _ sign: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        let signing = Task {
            do {
                settle(.success(try await sign()))
            } catch {
                settle(.failure(error))
            }
        }
        defer { signing.cancel() }
        let timer = deadline.passing.map { passing in
            Task {
                // One that throws was cancelled.
                if (try? await passing()) != nil { settle(.failure(late)) }
            }
        }
        defer { timer?.cancel() }
        return try await result()
    }

    /// Ends the wait; the first result counts.
    func settle(_ result: Result<[UInt8], any Error>) {
        let waiter = state.withLock { state in
            guard state.result == nil else { return nil as CheckedContinuation<[UInt8], any Error>? }
            state.result = result
            return state.waiter.take()
        }
        waiter?.resume(with: result)
    }

    private func result() async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            let settled = state.withLock { state in
                if state.result == nil { state.waiter = continuation }
                return state.result
            }
            if let settled { continuation.resume(with: settled) }
        }
    }
}
