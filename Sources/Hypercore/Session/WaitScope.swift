import Replication
import Synchronization

/// The waits that one session has begun, so that closing it ends them.
final class WaitScope: Sendable {
    private struct State {
        var waits: [ObjectIdentifier: CancellableWait] = [:]
        var isOpen = true
    }

    private let state = Mutex(State())
    /// As in the state, for whoever asks without the lock: every read does.
    private let open = Atomic(true)

    /// Whether the session is open.
    var isOpen: Bool { open.load(ordering: .acquiring) }

    /// Adds a wait that is about to begin; ends it if the session was closed meanwhile.
    func add(_ wait: CancellableWait) {
        let isOpen = state.withLock { state in
            if state.isOpen { state.waits[ObjectIdentifier(wait)] = wait }
            return state.isOpen
        }
        if !isOpen { wait.end(.sessionClosed) }
    }

    /// Forgets a wait that has ended.
    func remove(_ wait: CancellableWait) {
        _ = state.withLock { $0.waits.removeValue(forKey: ObjectIdentifier(wait)) }
    }

    /// Closes the session and ends its waits.
    ///
    /// - Returns: whether it was open.
    func close() -> Bool {
        let (wasOpen, waits) = state.withLock { state in
            defer { state = State(waits: [:], isOpen: false) }
            open.store(false, ordering: .releasing)
            return (state.isOpen, state.waits.values)
        }
        for wait in waits { wait.end(.sessionClosed) }
        return wasOpen
    }
}

/// A wait for a want of the replicator that may not have been opened yet, to be ended before its time.
final class CancellableWait: Sendable {
    /// Why a wait ends early.
    enum Cause {
        case cancelled
        case sessionClosed
    }

    private struct State {
        var token: WantToken?
        var cause: Cause?
    }

    private let core: Core
    private let state = Mutex(State())

    init(core: Core) {
        self.core = core
    }

    /// How far the want is served, where it is one of a range.
    var progress: DownloadProgress? { state.withLock { $0.token }.flatMap { core.progress(of: $0) } }

    /// The want has been opened; called under the core's lock, so it only takes note.
    func arm(_ token: WantToken) {
        state.withLock { $0.token = token }
    }

    /// Ends the wait; the first cause counts.
    func end(_ cause: Cause) {
        state.withLock { $0.cause = $0.cause ?? cause }
        carryOutIfEnded()
    }

    /// Takes the want back, where the wait was ended before the want was opened.
    func carryOutIfEnded() {
        let due = state.withLock { state -> (WantToken, Cause)? in
            guard let token = state.token, let cause = state.cause else { return nil }
            state.token = nil
            return (token, cause)
        }
        if let (token, cause) = due { core.cancel(token, because: cause) }
    }
}
