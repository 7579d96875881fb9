import Crypto
import HypercoreStorage
import Synchronization

// MARK: - Retaining and letting go

extension CoreRegistry {
    /// Lets go of a core that was retained; the last one to do so closes what weak sessions it has, and ends it.
    func release(_ core: Core) {
        let (isLast, isForgotten) = state.withLock { state in
            guard let entry = state.cores[core.discoveryKey], entry.core === core else { return (false, false) }
            state.cores[core.discoveryKey]?.holders -= 1
            guard entry.holders == 1 else { return (false, false) }
            guard core.becomeUnused() else { return (true, false) }
            state.cores[core.discoveryKey] = nil
            return (true, true)
        }
        if isLast { core.closeSessions { $0.isWeak } }
        if isForgotten { core.end() }
    }

    /// Lets go of a core that nobody holds, now that its write sets have ended.
    func forgetIfUnused(_ core: Core) {
        let isForgotten = state.withLock { state in
            guard let entry = state.cores[core.discoveryKey], entry.core === core, entry.holders == 0,
                core.becomeUnused()
            else { return false }
            state.cores[core.discoveryKey] = nil
            return true
        }
        if isForgotten { core.end() }
    }

    /// Forgets a core that has ended although sessions hold it, so that the log can be opened anew.
    func forgetEnded(_ core: Core) {
        state.withLock { state in
            guard state.cores[core.discoveryKey]?.core === core else { return }
            state.cores[core.discoveryKey] = nil
        }
    }

    /// Retains a core that was open a moment ago.
    ///
    /// - Returns: whether it still is.
    func retainAgain(_ core: Core) -> Bool {
        state.withLock { state in
            guard let entry = state.cores[core.discoveryKey], entry.core === core, entry.removal == nil else {
                return false
            }
            state.retain(core.discoveryKey)
            return true
        }
    }

    /// Retains all cores that are open now.
    func retainOpenCores() -> [Core] {
        state.withLock { $0.retainOpenCores() }
    }
}

// MARK: - Watching

extension CoreRegistry {
    /// Tells `watcher` of every core that gets its first active session from now on, on the thread that opens it.
    ///
    /// - Returns: what ``unwatch(_:)`` takes; `nil` where the registry is closed.
    func watch(_ watcher: Watcher) -> UInt64? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = watcher
            return state.nextWatcher
        }
    }

    /// Tells watchers of a core that is wanted now.
    func tellWanted(_ core: Core) {
        for watcher in state.withLock({ Array($0.watchers.values) }) { watcher.wanted(core) }
    }

    func unwatch(_ id: UInt64) {
        _ = state.withLock { $0.watchers.removeValue(forKey: id) }
    }
}
