import Replication
import Synchronization

/// Says for as long as it lasts that peers are being looked for or connected to, so that ``Hypercore/update(options:)`` waits
/// for them; see ``Hypercore/findingPeers()``.
public final class FindingPeers: Sendable {
    private let isOver = Atomic(false)
    private let onEnd: @Sendable () -> Void

    init(onEnd: @escaping @Sendable () -> Void) {
        self.onEnd = onEnd
    }

    deinit {
        end()
    }

    /// Says that the search is over: whoever waits for an update gets the answer of the peers that are there. Ending again
    /// does nothing.
    public func end() {
        guard !isOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
        onEnd()
    }
}

extension Hypercore {
    /// Says that peers of the log are being looked for, until what it returns is ended or let go of.
    ///
    /// ```swift
    /// let search = log.findingPeers()
    /// try await connectToSomebody()
    /// search.end()
    /// ```
    public func findingPeers() -> FindingPeers {
        core.changeSearchCount(by: 1)
        return FindingPeers { [core] in core.changeSearchCount(by: -1) }
    }
}

extension CoreRegistry {
    /// Says that peers of all logs are being looked for, those that are opened meanwhile included; see
    /// ``Hypercore/findingPeers()``.
    public func findingPeers() -> FindingPeers {
        changeSearchCount(by: 1)
        return FindingPeers { [self] in changeSearchCount(by: -1) }
    }

    private func changeSearchCount(by difference: Int) {
        // Each core counts all searches for all cores as one.
        let concerned = state.withLock { state in
            let before = state.searchCount
            state.searchCount += difference
            return (before > 0) == (state.searchCount > 0) ? [] : state.retainOpenCores()
        }
        for core in concerned {
            core.changeSearchCount(by: difference)
            release(core)
        }
    }
}

extension Core {
    /// Counts who looks for peers of the log.
    func changeSearchCount(by difference: Int) {
        turn { state, _ in state.changeSearchCount(by: difference) }
    }

    /// A core that was just opened takes part in the search for peers of all cores. Nobody knows it yet who could be told.
    func joinSearch() {
        state.withLock { $0.changeSearchCount(by: 1) }
    }
}

extension CoreState {
    fileprivate mutating func changeSearchCount(by difference: Int) {
        searchCount += difference
        var configuration = replicator.configuration
        configuration.expectsPeers = searchCount > 0
        replicator.configure(configuration)
    }
}
