import StorageEngine
import Synchronization

// Called by one thread at a time: the one that keeps house.
extension ReaderPool {
    /// What is read at present. It has been closed where reads are refused.
    var environment: Environment { state.withLock { $0.environment } }

    /// Refuses further reads with `refusal`; long ones give way.
    func refuse(_ refusal: StorageError) {
        state.withLock { state in
            state.refusal = refusal
            clearSeats(&state)
        }
    }

    /// Takes back a refusal.
    func admitAgain() {
        state.withLock { $0.refusal = nil }
    }

    /// Returns when no read is under way and no transaction is open, after reads were refused.
    func drain() {
        while !state.withLock({ $0.openCount == 0 && $0.resizingCount == 0 }) { pause(microseconds: 200) }
        endIdle()
    }

    /// From now on `environment` is read. Reads under way go on with the one before;
    /// ``waitForOutdatedReads()`` returns when they are done.
    func replaceEnvironment(with environment: Environment) {
        let idle = state.withLock { state in
            precondition(state.outdatedCount == 0, "an environment is replaced while one before it is still read")
            precondition(state.resizingCount == 0, "an environment is replaced while its map grows")
            clearSeats(&state)
            state.outdatedCount = state.openCount
            state.openCount = 0
            state.environment = environment
            defer { state.idle = [] }
            return state.idle
        }
        for view in idle { view.end() }
    }

    /// Returns when nobody reads the environment before the present one any more.
    func waitForOutdatedReads() {
        while !state.withLock({ $0.outdatedCount == 0 }) { pause(microseconds: 200) }
    }

    private func endIdle() {
        let idle = state.withLock { state in
            defer { state.idle = [] }
            return state.idle
        }
        for view in idle { view.end() }
    }
}
