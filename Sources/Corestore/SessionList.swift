import Hypercore
import Synchronization

/// The core sessions that one store session opened, so that it can close them. It keeps none of them alive.
final class SessionList: Sendable {
    private struct WeakSession {
        weak var session: Hypercore?
    }

    private struct State {
        var sessions: [WeakSession] = []
        /// From how many entries on the next addition drops the dead ones: twice those that lived the last time.
        var sweepAt = 64
        var isClosed = false
    }

    private let state = Mutex(State())

    func requireOpen() throws(CorestoreError) {
        guard !state.withLock({ $0.isClosed }) else { throw CorestoreError(.closed, "the store session is closed") }
    }

    /// Adds a session that was just opened; closes it again if the list was closed meanwhile.
    func add(_ session: Hypercore) async throws(CorestoreError) {
        let isAdded = state.withLock { state in
            guard !state.isClosed else { return false }
            if state.sessions.count >= state.sweepAt {
                state.sessions.removeAll { $0.session == nil }
                state.sweepAt = max(64, 2 * state.sessions.count)
            }
            state.sessions.append(WeakSession(session: session))
            return true
        }
        guard !isAdded else { return }
        await session.close()
        throw CorestoreError(.closed, "the store session is closed")
    }

    /// Refuses further sessions and hands over those that still live. Later calls get none.
    func close() -> [Hypercore] {
        state.withLock { state in
            state.isClosed = true
            defer { state.sessions = [] }
            return state.sessions.compactMap(\.session)
        }
    }
}
