import Synchronization

/// What ties an open session to its log: what it waits for, and what it holds. Cutting it closes the session.
///
/// The core has a list of those of its sessions, so that all, or the weak ones, can be closed from there. It does not
/// keep the sessions themselves: one that is dropped cuts its tie.
final class SessionTie: Sendable {
    private struct State {
        var isCut = false
        var isWeak = false
    }

    /// Whether the session makes its log wanted.
    let isActive: Bool
    /// The waits of the session.
    let waits = WaitScope()
    /// What the session sees, where it does not follow the log.
    let view: SnapshotView?
    /// The branch that the session is on, in place of the main line.
    let branch: Branch?
    /// What the session ends with, at the latest.
    let scope: SessionScope?
    private let core: Core
    private let state = Mutex(State())

    /// Ties a session to a core, and to a branch, that were retained for it.
    ///
    /// In a scope that is closed already it is cut at once.
    init(_ core: Core, view: SnapshotView?, branch: Branch?, isActive: Bool, scope: SessionScope?) {
        self.core = core
        self.isActive = isActive
        self.view = view
        self.branch = branch
        self.scope = scope
        core.sessions.withLock { $0.add(self) }
        if isActive { core.beginActivity() }
        if scope?.add(self) == false { cut() }
    }

    var isCut: Bool { state.withLock { $0.isCut } }

    /// Whether the session does not keep the core open.
    var isWeak: Bool { state.withLock { $0.isWeak } }

    /// Lets go of the core, and ends with the last one who holds it; at once, where nobody else does.
    func weaken() {
        let weakened = state.withLock { state in
            guard !state.isCut, !state.isWeak else { return false }
            state.isWeak = true
            return true
        }
        if weakened { core.registry.release(core) }
    }

    /// Closes the session. Cutting again does nothing.
    ///
    /// - Parameter endsWaits: whether what was begun through the session ends with it. Where the session was only dropped,
    ///   downloads go on for as long as somebody else has the log open.
    func cut(endingWaits endsWaits: Bool = true) {
        let before = state.withLock { state in
            defer { state.isCut = true }
            return state
        }
        guard !before.isCut else { return }
        scope?.remove(self)
        core.sessions.withLock { $0.remove(self) }
        if endsWaits {
            _ = waits.close()
            core.leaveLine(waits)
            (branch?.events ?? core.eventsIfAny)?.finish(of: ObjectIdentifier(waits))
        }
        core.exclusivityIfAny?.leave(waits, of: core.key)
        core.unregisterExtensions(of: self)
        if isActive { core.endActivity() }
        view?.close()
        branch?.release()
        if !before.isWeak { core.registry.release(core) }
    }
}

extension Core {
    /// Closes the sessions of the log, or only the weak ones.
    func closeSessions(where isMeant: (SessionTie) -> Bool) {
        let ties = sessions.withLock { $0.all.filter(isMeant) }
        // All are closed before the first lets go of what another one waits for.
        for tie in ties { _ = tie.waits.close() }
        for tie in ties { tie.cut() }
    }
}
