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
        core.countSearch(1)
        return FindingPeers { [core] in core.countSearch(-1) }
    }
}

extension CoreRegistry {
    /// Says that peers of all logs are being looked for, those that are opened meanwhile included; see
    /// ``Hypercore/findingPeers()``.
    public func findingPeers() -> FindingPeers {
        countSearch(1)
        return FindingPeers { [self] in countSearch(-1) }
    }

    /// Counts who looks for peers of all logs; each core counts them as one.
    private func countSearch(_ difference: Int) {
        // Under one lock, so that a core that is opened meanwhile counts the search once.
        let cores = state.withLock { state -> [Core] in
            let wasSearching = state.searchCount > 0
            state.searchCount += difference
            guard wasSearching != (state.searchCount > 0) else { return [] }
            let cores = state.cores.values.map(\.core)
            for core in cores {
                core.state.withLock { $0.countSearch(difference) }
                state.retain(core.discoveryKey)
            }
            return cores
        }
        for core in cores {
            core.turn { _, _ in }
            release(core)
        }
    }
}

extension Core {
    /// Counts who looks for peers of the log.
    func countSearch(_ difference: Int) {
        turn { state, _ in state.countSearch(difference) }
    }
}

extension CoreState {
    /// Counts who looks for peers of the log; what that changes for those who wait shows in the next turn.
    mutating func countSearch(_ difference: Int) {
        searchCount += difference
        let expectsPeers = searchCount > 0
        configureReplication { $0.expectsPeers = expectsPeers }
    }
}
