import Synchronization

/// Who is told of logs that are opened.
final class OpeningWatch: Sendable {
    typealias Handler = @Sendable (Hypercore) -> Void

    private struct State {
        var handlers: [UInt64: Handler] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    func add(_ handler: @escaping Handler) -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            state.handlers[state.nextID] = handler
            return state.nextID
        }
    }

    func remove(_ id: UInt64) {
        _ = state.withLock { $0.handlers.removeValue(forKey: id) }
    }

    func removeAll() {
        state.withLock { $0.handlers = [:] }
    }

    /// Hands each watcher a weak session on a core that whoever opens it still holds.
    func tell(of core: Core) {
        for handler in state.withLock({ Array($0.handlers.values) }) {
            guard core.registry.retainAgain(core) else { return }
            let session = Hypercore(retaining: core, isActive: false)
            session.tie.weaken()
            handler(session)
        }
    }
}

extension CoreRegistry {
    /// How many logs are open: held by a session or a peer, or by changes of theirs that are still being written.
    public var openCount: Int { state.withLock { $0.cores.count } }

    /// Calls `handler` with a weak session on every log that is opened from now on: by the first of its sessions, or because
    /// a peer asked for it.
    ///
    /// On the thread that opens the log, outside all locks, before whoever opens it has it; keep it short. The session is
    /// closed when nobody else has the log open any more (``SessionOptions/isWeak``), and does not make it wanted.
    ///
    /// - Returns: what ``endOpeningWatch(_:)`` takes.
    public func onOpening(_ handler: @escaping @Sendable (Hypercore) -> Void) -> UInt64 {
        openings.add(handler)
    }

    /// Ends what ``onOpening(_:)`` has begun.
    public func endOpeningWatch(_ id: UInt64) {
        openings.remove(id)
    }
}
