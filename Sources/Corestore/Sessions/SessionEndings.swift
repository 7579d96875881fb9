import Hypercore
import Synchronization

/// Something that a store session has handed out and that ends with it.
protocol Endable: AnyObject, Sendable {
    func end()
}

extension FindingPeers: Endable {}

/// What ends with a store session: its watches, the streams and handles that it has given out, its searches for peers.
final class SessionEndings: Sendable {
    private struct WeakHandle {
        weak var handle: (any Endable)?
    }

    private struct State {
        var actions: [UInt64: @Sendable () -> Void] = [:]
        var nextID: UInt64 = 0
        var handles: [WeakHandle] = []
        /// From how many handles on the next one drops the dead ones: twice those that lived the last time.
        var sweepAt = 64
        var isOver = false
    }

    private let state = Mutex(State())

    /// Has `action` called at the end.
    ///
    /// - Returns: what ``remove(_:)`` takes; `nil` where the end has come, and nothing is called.
    func add(_ action: @escaping @Sendable () -> Void) -> UInt64? {
        state.withLock { state in
            guard !state.isOver else { return nil }
            state.nextID += 1
            state.actions[state.nextID] = action
            return state.nextID
        }
    }

    func remove(_ id: UInt64) {
        _ = state.withLock { $0.actions.removeValue(forKey: id) }
    }

    /// Has a handle ended at the end, if somebody still has it; at once where that has come.
    func add(_ handle: some Endable) {
        let isOver = state.withLock { state in
            guard !state.isOver else { return true }
            if state.handles.count >= state.sweepAt {
                state.handles.removeAll { $0.handle == nil }
                state.sweepAt = max(64, 2 * state.handles.count)
            }
            state.handles.append(WeakHandle(handle: handle))
            return false
        }
        if isOver { handle.end() }
    }

    /// Ends everything. Calling again does nothing.
    func end() {
        let (actions, handles) = state.withLock { state in
            defer { state = State(isOver: true) }
            return (Array(state.actions.values), state.handles.compactMap(\.handle))
        }
        for action in actions { action() }
        for handle in handles { handle.end() }
    }
}
