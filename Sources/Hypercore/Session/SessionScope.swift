import Synchronization

/// Sessions that end together: those that one store session opened, and all that was opened from them since (further
/// sessions, snapshots, branches).
///
/// A session that is closed or dropped leaves its scope.
public final class SessionScope: Sendable {
    private struct State {
        var ties: [ObjectIdentifier: SessionTie] = [:]
        var isOpen = true
    }

    private let state = Mutex(State())

    /// An open scope without sessions.
    public init() {}

    /// Whether sessions can be opened in it.
    public var isOpen: Bool { state.withLock { $0.isOpen } }

    /// How many sessions are open in it.
    public var sessionCount: Int { state.withLock { $0.ties.count } }

    /// Adds a session that is being opened.
    ///
    /// - Returns: `false` where the scope was closed, so that the session has to be.
    func add(_ tie: SessionTie) -> Bool {
        state.withLock { state in
            if state.isOpen { state.ties[ObjectIdentifier(tie)] = tie }
            return state.isOpen
        }
    }

    /// Forgets a session that has ended.
    func remove(_ tie: SessionTie) {
        _ = state.withLock { $0.ties.removeValue(forKey: ObjectIdentifier(tie)) }
    }

    /// Closes all sessions of the scope, and refuses further ones. One that is just being opened is closed as soon as it
    /// is. Closing again does nothing.
    public func close() {
        let ties = state.withLock { state in
            defer { state = State(isOpen: false) }
            return Array(state.ties.values)
        }
        // All are closed before the first lets go of what another one waits for.
        for tie in ties { _ = tie.waits.close() }
        for tie in ties { tie.cut() }
    }
}
