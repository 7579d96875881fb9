import Crypto
import Synchronization

/// How far a connection has come, for those who look at it from outside its event loop; the handler writes it.
final class ConnectionProgress: Sendable {
    private let received = Atomic<UInt64>(0)
    private let sent = Atomic<UInt64>(0)

    private struct State {
        var outcome: Result<PublicKey, TransportError>?
        var failure: TransportError?
        var waiters: [CheckedContinuation<Result<PublicKey, TransportError>, Never>] = []
    }

    private let state = Mutex(State())

    /// Bytes that came through the socket.
    var receivedByteCount: UInt64 { received.load(ordering: .relaxed) }
    /// Bytes that were handed to the socket.
    var sentByteCount: UInt64 { sent.load(ordering: .relaxed) }

    func received(byteCount: Int) { received.add(UInt64(byteCount), ordering: .relaxed) }
    func sent(byteCount: Int) { sent.add(UInt64(byteCount), ordering: .relaxed) }

    /// Why the connection ended, as far as the transport knows.
    var failure: TransportError? { state.withLock { $0.failure } }

    /// Waits until the handshake is complete and the other side is admitted.
    ///
    /// - Throws: why the connection ended before.
    func waitUntilReady() async throws(TransportError) -> PublicKey {
        let outcome = await withCheckedContinuation { continuation in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.waiters.append(continuation) }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
        return try outcome.get()
    }

    /// The other side is admitted.
    func becameReady(_ peer: PublicKey) {
        settle { state in state.outcome = .success(peer) }
    }

    /// The connection is over; only the first reason counts.
    func ended(_ failure: TransportError?) {
        settle { state in
            state.failure = state.failure ?? failure
            guard state.outcome == nil else { return }
            state.outcome = .failure(failure ?? TransportError(.closed, "the connection ended before it was ready"))
        }
    }

    private func settle(_ change: (inout State) -> Void) {
        let (outcome, waiters) = state.withLock { state in
            change(&state)
            defer { state.waiters = [] }
            return (state.outcome, state.waiters)
        }
        guard let outcome else { return }
        for waiter in waiters { waiter.resume(returning: outcome) }
    }
}
